import { AssayError } from '#base/errors';
import { rowRange, rowsOf, type Tensor } from '#base/tensor';
import type { EngineInputs } from '../contract.js';
import { halfOf } from './graph/constants.js';
import type { ElementType, ValueInfo } from './graph/ir.js';
import type { RuntimeData, RuntimeValue } from './session.js';

/** Tensors by the names of a model's inputs, all with the same number of samples. */
export type NamedTensors = ReadonlyMap<string, Tensor>;

/** @throws AssayError `usage` when inputs are missing, unknown or of different lengths. */
export function namedInputs(model: string, declared: readonly ValueInfo[], given: EngineInputs): NamedTensors {
  const named: NamedTensors = isTensor(given) ? new Map([[declared[0]?.name ?? '', given]]) : given;
  const names = declared.map(({ name }) => name);
  const listed = names.map((name) => `\`${name}\``).join(', ');
  if (names.some((name) => !named.has(name)) || named.size !== names.length) {
    throw new AssayError('model', {
      where: model,
      what: `the model has ${names.length} inputs (${listed}), and ${named.size} were given`,
      mend: 'Each has to be given by its name, or the model exported with a single input.',
    });
  }
  const counts = new Set([...named.values()].map(rowsOf));
  if (counts.size > 1)
    throw new AssayError('usage', { what: 'the inputs of a model hold different numbers of samples' });
  return named;
}

function isTensor(given: EngineInputs): given is Tensor {
  return 'data' in given;
}

export function samplesIn(inputs: NamedTensors): number {
  const [first] = inputs.values();
  return first === undefined ? 0 : rowsOf(first);
}

export interface Batch {
  readonly samples: NamedTensors;
  readonly start: number;
  /** How many rows are real; the others fill a fixed batch up. */
  readonly used: number;
}

/** Splits samples into what one execution takes. */
export function* batches(inputs: NamedTensors, batch: 'dynamic' | number, batchSize: number): Generator<Batch> {
  const rows = samplesIn(inputs);
  // As many executions as it takes, of nearly the same size.
  const size = batch === 'dynamic' ? Math.ceil(rows / Math.ceil(rows / batchSize)) : batch;
  for (let start = 0; start < rows; start += size) {
    const used = Math.min(size, rows - start);
    const own = (tensor: Tensor): Tensor => {
      const samples = rowRange(tensor, start, start + used);
      return batch === 'dynamic' ? samples : repeated(samples, size);
    };
    yield { samples: mapTensors(inputs, own), start, used };
  }
}

export function mapTensors(inputs: NamedTensors, map: (tensor: Tensor) => Tensor): NamedTensors {
  return new Map([...inputs].map(([name, tensor]) => [name, map(tensor)]));
}

/** `count` samples, by repetition where there are fewer. */
export function repeated(samples: Tensor, count: number): Tensor {
  const rows = rowsOf(samples);
  if (rows >= count) return rowRange(samples, 0, count);
  const size = samples.data.length / rows;
  const data = new Float32Array(count * size);
  for (let i = 0; i < count; i++) data.set(samples.data.subarray((i % rows) * size, ((i % rows) + 1) * size), i * size);
  return { shape: [count, ...samples.shape.slice(1)], data };
}

/** Numbers as an input of another type takes them. */
export function runtimeValue({ shape, data }: Tensor, type: ElementType): RuntimeValue {
  return { type, shape, data: converted(data, type) };
}

function converted(data: Float32Array, type: ElementType): RuntimeData {
  switch (type) {
    case 'float32':
      return data;
    case 'float64':
      return Float64Array.from(data);
    case 'float16':
      return Uint16Array.from(data, halfOf);
    case 'int64':
      return BigInt64Array.from(data, (value) => BigInt(Math.trunc(value)));
    case 'int32':
      return Int32Array.from(data);
    case 'uint8':
    case 'bool':
      return Uint8Array.from(data);
    default:
      throw new AssayError('model', { what: `an input takes ${type}, which Assay does not give` });
  }
}

/** One tensor [n, ...] out of the results of several batches. */
export function joined(rows: number, parts: readonly Float32Array[]): Tensor {
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return { shape: [rows, only.length / rows], data: unshared(only) };
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const data = new Float32Array(total);
  let offset = 0;
  for (const part of parts) {
    data.set(part, offset);
    offset += part.length;
  }
  return { shape: [rows, rows === 0 ? 0 : total / rows], data };
}

/** What came from another thread lies in memory that is used again. */
function unshared(values: Float32Array): Float32Array {
  return values.buffer instanceof SharedArrayBuffer ? values.slice() : values;
}
