import type { ModelBytes } from '../../contract.js';
import { dataTypeOf, elementTypeOf } from '../graph/element-type.js';
import type { DeclaredDimension, ValueInfo } from '../graph/ir.js';
import { longOf, numberOf } from './int64.js';
import { decodeIn, malformed } from './malformed.js';
import { DimensionProto, joined, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto } from './schema.js';

/** Reads the declaration of a graph's input or output. What is no tensor (sequences, maps) or of no type that
 * Assay computes with is `other`, of no shape. */
export function readValueInfo(model: ModelBytes, bytes: Uint8Array, role: 'input' | 'output'): ValueInfo {
  const info = decodeIn(model, ValueInfoProto, bytes, `an ${role} of the graph`);
  const label = `${role} \`${info.name}\``;
  if (info.name === '') throw malformed(model, `the graph has an ${role} without a name`);
  const type = decodeIn(model, TypeProto, joined(info.type), label);
  const tensor = decodeIn(model, TensorTypeProto, joined(type.tensorType), label);
  const elementType = elementTypeOf(tensor.elemType);
  if (elementType === 'other') return { name: info.name, type: elementType, shape: null };
  const shape = tensor.shape.length > 0 ? readShape(model, joined(tensor.shape), label) : null;
  return { name: info.name, type: elementType, shape };
}

export function writeValueInfo(info: ValueInfo): Uint8Array {
  const elemType = dataTypeOf(info.type);
  // ONNX Runtime infers the type of an output that declares none.
  if (elemType === 0) return ValueInfoProto.encode({ name: info.name });
  const shape =
    info.shape === null ? {} : { shape: [TensorShapeProto.encode({ dim: info.shape.map(writeDimension) })] };
  const tensorType = TensorTypeProto.encode({ elemType, ...shape });
  return ValueInfoProto.encode({ name: info.name, type: [TypeProto.encode({ tensorType: [tensorType] })] });
}

function readShape(model: ModelBytes, bytes: Uint8Array, label: string): DeclaredDimension[] {
  const { dim } = decodeIn(model, TensorShapeProto, bytes, label);
  return dim.map((dimension) => readDimension(model, dimension, label));
}

function readDimension(model: ModelBytes, bytes: Uint8Array, label: string): DeclaredDimension {
  const dimension = decodeIn(model, DimensionProto, bytes, label);
  if (dimension.dimParam !== '') return dimension.dimParam;
  if (!DimensionProto.has(dimension, 'dimValue')) return null;
  const size = numberOf(dimension.dimValue);
  if (size < -1) throw malformed(model, `${label} declares the dimension ${size}`);
  // Some exporters write -1 where the standard leaves the dimension out.
  return size === -1 ? null : size;
}

function writeDimension(dimension: DeclaredDimension): Uint8Array {
  if (dimension === null) return DimensionProto.encode({});
  if (typeof dimension === 'string') return DimensionProto.encode({ dimParam: dimension });
  return DimensionProto.encode({ dimValue: longOf(dimension) });
}
