import type Long from 'long';
import { sizeOf } from '#base/tensor';
import type { ModelBytes } from '../../contract.js';
import { dataTypeOf, elementTypeOf, widthOf } from '../graph/element-type.js';
import type { Constant, ElementType } from '../graph/ir.js';
import { externalBytes, externalFields, isExternal, type Placement } from './external-data.js';
import { bytesOfLongs, longsOf, numbersOf } from './int64.js';
import { decodeIn, malformed } from './malformed.js';
import { TensorProto, type MessageOf } from './schema.js';

type Tensor = MessageOf<typeof TensorProto>;

/** Protocol buffers end at 2 GiB, and so does every file that Assay reads. */
const MAX_TENSOR_BYTES = 2 ** 31;

/** Reads a TensorProto in whichever of its many forms. `label` names it in errors. */
export function readTensor(model: ModelBytes, bytes: Uint8Array, label: string): Constant {
  return constantOfTensor(model, decodeIn(model, TensorProto, bytes, label), label);
}

export function constantOfTensor(model: ModelBytes, tensor: Tensor, label: string): Constant {
  if (tensor.dataType === 0) throw malformed(model, `${label} has no element type`);
  if (tensor.segment.length > 0) throw malformed(model, `${label} is split into segments`);
  const type = elementTypeOf(tensor.dataType);
  const shape = readDimensions(model, tensor.dims, label, Math.max(widthOf(type), 1));
  if (type === 'string') {
    requireSize(model, label, tensor.stringData.length, sizeOf(shape), 'texts');
    return opaqueConstant(type, shape, tensor);
  }
  const external = isExternal(tensor);
  const raw = external ? externalBytes(model, tensor, label) : tensor.rawData;
  if (type === 'other') return opaqueConstant(type, shape, tensor, raw);
  const bytes = external || raw.length > 0 ? raw : bytesOfFields(type, tensor);
  requireSize(model, label, bytes.length, sizeOf(shape) * widthOf(type), 'bytes');
  return { type, shape, bytes };
}

/** Dimensions as numbers, checked before anything is allocated for them. */
export function readDimensions(
  model: ModelBytes,
  dimensions: readonly Long[],
  label: string,
  elementWidth: number,
): number[] {
  const shape = numbersOf(dimensions);
  const negative = shape.find((size) => size < 0);
  if (negative !== undefined) throw malformed(model, `${label} has the dimension ${negative}`);
  if (sizeOf(shape) * elementWidth > MAX_TENSOR_BYTES) {
    throw malformed(model, `${label} claims the shape [${shape.join(', ')}], which is over 2 GiB`);
  }
  return shape;
}

/** A TensorProto with `raw_data`; `name` may be empty. */
export function writeTensor(constant: Constant, name: string): Uint8Array {
  const named = name === '' ? {} : { name };
  if (constant.opaque !== undefined) return TensorProto.encode({ ...TensorProto.decode(constant.opaque), ...named });
  return TensorProto.encode({
    dims: longsOf(constant.shape),
    dataType: dataTypeOf(constant.type),
    rawData: constant.bytes,
    ...named,
  });
}

/** A TensorProto that says where its data lie. */
export function writeExternalTensor(constant: Constant, name: string, placement: Placement): Uint8Array {
  return TensorProto.encode({
    dims: longsOf(constant.shape),
    dataType: dataTypeOf(constant.type),
    name,
    ...externalFields(placement, constant.bytes.length),
  });
}

/** A constant of strings. */
export function stringConstant(shape: readonly number[], texts: readonly string[]): Constant {
  const encoder = new TextEncoder();
  const opaque = TensorProto.encode({
    dims: longsOf(shape),
    dataType: dataTypeOf('string'),
    stringData: texts.map((text) => encoder.encode(text)),
  });
  return { type: 'string', shape, bytes: new Uint8Array(), opaque };
}

/** Kept as a TensorProto, without its name and with its data inside. */
function opaqueConstant(type: ElementType, shape: readonly number[], tensor: Tensor, raw?: Uint8Array): Constant {
  const opaque = TensorProto.encode({
    dims: tensor.dims,
    dataType: tensor.dataType,
    floatData: tensor.floatData,
    int32Data: tensor.int32Data,
    stringData: tensor.stringData,
    doubleData: tensor.doubleData,
    uint64Data: tensor.uint64Data,
    ...(raw === undefined || raw.length === 0 ? {} : { rawData: raw }),
  });
  return { type, shape, bytes: new Uint8Array(), opaque };
}

function requireSize(model: ModelBytes, label: string, actual: number, expected: number, unit: string): void {
  if (actual === expected) return;
  throw malformed(model, `${label} has ${actual} ${unit}, but its shape takes ${expected}`);
}

/** The data of the typed fields, where each type has its own and the small ones share `int32_data`. */
function bytesOfFields(type: ElementType, tensor: Tensor): Uint8Array {
  switch (type) {
    case 'float32':
      return bytesOf(Float32Array.from(tensor.floatData));
    case 'float64':
      return bytesOf(Float64Array.from(tensor.doubleData));
    case 'int64':
      return bytesOfLongs(tensor.int64Data);
    case 'uint64':
      return bytesOfLongs(tensor.uint64Data);
    case 'uint32':
      return bytesOf(Uint32Array.from(tensor.uint64Data, (value) => value.low));
    case 'int32':
      return bytesOf(Int32Array.from(tensor.int32Data));
    case 'int16':
    case 'uint16':
    case 'float16':
    case 'bfloat16':
      return bytesOf(Uint16Array.from(tensor.int32Data));
    case 'int8':
    case 'uint8':
    case 'bool':
      return Uint8Array.from(tensor.int32Data);
    case 'string':
    case 'other':
      return new Uint8Array();
  }
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
