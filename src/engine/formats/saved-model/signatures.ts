import { numberOf } from '../../onnx/proto/int64.js';
import type { Reader } from './read.js';
import { Dim, SignatureDef, TensorInfo, TensorShapeProto } from './schema.js';

/** An input or output of a signature. */
export interface SavedTensor {
  /** As callers name it. */
  readonly key: string;
  /** In the graph, with the number of the output. */
  readonly tensor: string;
  /** `float32`, `int64`, `string` and so on; `unknown` where Assay has no name for it. */
  readonly dtype: string;
  /** Null for a size that is open; null in its stead where even their number is. */
  readonly shape: readonly (number | null)[] | null;
}

export interface SavedSignature {
  readonly inputs: readonly SavedTensor[];
  readonly outputs: readonly SavedTensor[];
  readonly method: string;
}

/** DataType of tensorflow/core/framework/types.proto. */
const DTYPES: ReadonlyMap<number, string> = new Map([
  [1, 'float32'],
  [2, 'float64'],
  [3, 'int32'],
  [4, 'uint8'],
  [5, 'int16'],
  [6, 'int8'],
  [7, 'string'],
  [8, 'complex64'],
  [9, 'int64'],
  [10, 'bool'],
  [14, 'bfloat16'],
  [17, 'uint16'],
  [18, 'complex128'],
  [19, 'float16'],
  [20, 'resource'],
  [21, 'variant'],
  [22, 'uint32'],
  [23, 'uint64'],
]);

/** What the loader itself runs and callers never do. */
const INITIALIZER = '__saved_model_init_op';

export function readSignatures(reader: Reader, entries: readonly Uint8Array[]): Map<string, SavedSignature> {
  const signatures = new Map<string, SavedSignature>();
  for (const [name, message] of reader.map(entries, 'the signatures')) {
    if (name === INITIALIZER) continue;
    const label = `signature \`${name}\``;
    const { inputs, outputs, methodName } = reader.read(SignatureDef, message, label);
    signatures.set(name, {
      inputs: readTensors(reader, inputs, label),
      outputs: readTensors(reader, outputs, label),
      method: methodName,
    });
  }
  return signatures;
}

function readTensors(reader: Reader, entries: readonly Uint8Array[], label: string): SavedTensor[] {
  return [...reader.map(entries, label)].map(([key, message]) => {
    const { name, dtype, shape } = reader.read(TensorInfo, message, label);
    return { key, tensor: name, dtype: DTYPES.get(dtype) ?? 'unknown', shape: readShape(reader, shape, label) };
  });
}

function readShape(reader: Reader, parts: readonly Uint8Array[], label: string): SavedTensor['shape'] {
  const { dim, unknownRank } = reader.read(TensorShapeProto, parts, label);
  if (parts.length === 0 || unknownRank !== 0) return null;
  return dim.map((bytes) => {
    const size = numberOf(reader.read(Dim, [bytes], label).size);
    return size < 0 ? null : size;
  });
}
