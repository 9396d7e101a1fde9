import { sizeOf } from '#base/tensor';
import type { ModelBytes } from '../../contract.js';
import { integersOf } from '../graph/constants.js';
import { widthOf } from '../graph/element-type.js';
import type { Constant } from '../graph/ir.js';
import { decodeIn, malformed } from './malformed.js';
import { joined, SparseTensorProto, TensorProto } from './schema.js';
import { constantOfTensor, readDimensions, readTensor } from './tensor.js';

/** A small file may claim a large sparse tensor, and all of it is laid out here. */
const MAX_DENSE_BYTES = 2 ** 28;

/** Reads a SparseTensorProto as the dense constant that it stands for; ONNX Runtime does the same. */
export function readSparseTensor(
  model: ModelBytes,
  bytes: Uint8Array,
  label: string,
): { readonly name: string; readonly constant: Constant } {
  const sparse = decodeIn(model, SparseTensorProto, bytes, label);
  const tensor = decodeIn(model, TensorProto, joined(sparse.values), label);
  const named = tensor.name === '' ? label : `sparse tensor \`${tensor.name}\``;
  const values = constantOfTensor(model, tensor, `the values of ${named}`);
  const width = widthOf(values.type);
  if (width === 0) throw malformed(model, `${named} has an element type that cannot be sparse`);
  const shape = readDimensions(model, sparse.dims, named, width);
  if (sizeOf(shape) * width > MAX_DENSE_BYTES) throw malformed(model, `${named} is over 256 MiB when it is laid out`);
  const positions = positionsOf(
    model,
    readTensor(model, joined(sparse.indices), `the indices of ${named}`),
    shape,
    named,
  );
  if (positions.length * width !== values.bytes.length) {
    throw malformed(model, `${named} has ${positions.length} indices for ${values.bytes.length / width} values`);
  }
  const dense = new Uint8Array(sizeOf(shape) * width);
  positions.forEach((position, i) => dense.set(values.bytes.subarray(i * width, (i + 1) * width), position * width));
  return { name: tensor.name, constant: { type: values.type, shape, bytes: dense } };
}

/** Row-major positions, from indices of shape [count] that are positions or [count, rank] that are coordinates. */
function positionsOf(model: ModelBytes, indices: Constant, shape: readonly number[], label: string): number[] {
  if (indices.type !== 'int64') throw malformed(model, `the indices of ${label} are ${indices.type} instead of int64`);
  const numbers = integersOf(indices);
  const [count = 0, rank = 1] = indices.shape;
  const coordinates = indices.shape.length === 2;
  if (coordinates ? rank !== shape.length : indices.shape.length !== 1) {
    throw malformed(model, `the indices of ${label} have the shape [${indices.shape.join(', ')}]`);
  }
  const sizes = coordinates ? shape : [sizeOf(shape)];
  return Array.from({ length: count }, (_, i) =>
    sizes.reduce((position, size, axis) => {
      const coordinate = numbers[i * rank + axis] ?? -1;
      if (coordinate < 0 || coordinate >= size) throw malformed(model, `${label} has an index outside its shape`);
      return position * size + coordinate;
    }, 0),
  );
}
