/** ONNX files put together message by message, for what no graph of Assay holds: other encodings, damage, old versions. */
import Long from 'long';
import type { ModelBytes } from '../src/engine/contract.js';
import type { Graph } from '../src/engine/onnx/graph/ir.js';
import { decodeModel, encodeModel } from '../src/engine/onnx/proto/codec.js';
import {
  AttributeProto,
  DimensionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  OperatorSetIdProto,
  StringStringEntryProto,
  TensorProto,
  TensorShapeProto,
  TensorTypeProto,
  TypeProto,
  ValueInfoProto,
  type MessageOf,
} from '../src/engine/onnx/proto/schema.js';
import { execute } from './onnx-graphs.js';

type Parts<M> = Partial<MessageOf<M>>;

export const MODEL_NAME = 'sample.onnx';

export function modelBytes(main: Uint8Array, others: Readonly<Record<string, Uint8Array>> = {}): ModelBytes {
  return { main: MODEL_NAME, files: new Map([[MODEL_NAME, main], ...Object.entries(others)]) };
}

export function modelFile(graph: Parts<typeof GraphProto>, model: Parts<typeof ModelProto> = {}): Uint8Array {
  return ModelProto.encode({
    irVersion: Long.fromNumber(8),
    opsetImport: [opsetImport('', 17)],
    graph: [GraphProto.encode({ name: 'sample', ...graph })],
    ...model,
  });
}

export function opsetImport(domain: string, version: number): Uint8Array {
  return OperatorSetIdProto.encode({ domain, version: Long.fromNumber(version) });
}

export function nodeMessage(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  more: Parts<typeof NodeProto> = {},
): Uint8Array {
  return NodeProto.encode({ opType, input, output, name: `${opType} to ${output.join()}`, ...more });
}

export function attributeMessage(name: string, type: number, value: Parts<typeof AttributeProto>): Uint8Array {
  return AttributeProto.encode({ name, type, ...value });
}

export function tensorMessage(
  name: string,
  dataType: number,
  dims: readonly number[],
  data: Parts<typeof TensorProto>,
): Uint8Array {
  return TensorProto.encode({ name, dataType, dims: dims.map((size) => Long.fromNumber(size)), ...data });
}

/** A tensor that keeps its data in another file. */
export function externalTensor(
  name: string,
  dims: readonly number[],
  entries: Readonly<Record<string, string>>,
): Uint8Array {
  const externalData = Object.entries(entries).map(([key, value]) => StringStringEntryProto.encode({ key, value }));
  return tensorMessage(name, 1, dims, { externalData, dataLocation: 1 });
}

/** A declaration; without a type when `elemType` is 0. */
export function valueMessage(name: string, elemType = 0, dims: readonly number[] = []): Uint8Array {
  if (elemType === 0) return ValueInfoProto.encode({ name });
  const dim = dims.map((size) => DimensionProto.encode({ dimValue: Long.fromNumber(size) }));
  const tensorType = TensorTypeProto.encode({ elemType, shape: [TensorShapeProto.encode({ dim })] });
  return ValueInfoProto.encode({ name, type: [TypeProto.encode({ tensorType: [tensorType] })] });
}

export function read(main: Uint8Array, others: Readonly<Record<string, Uint8Array>> = {}): Graph {
  return decodeModel(modelBytes(main, others));
}

export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** ONNX Runtime gives the same for a file without inputs and for what Assay makes of it. */
export async function expectSameExecution(file: Uint8Array, outputs: readonly string[]): Promise<void> {
  expect(await execute(encodeModel(read(file)), {}, outputs)).toEqual(await execute(file, {}, outputs));
}
