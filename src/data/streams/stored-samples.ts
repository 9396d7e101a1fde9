import { sizeOf } from '#base/tensor';
import { takeLabels, type Labels } from '#target/head';
import { inMemory, takeIndices, type GroupColumn, type SampleSource } from '#target/sample-source';
import { bytesOf } from '../elements.js';
import { closeSpool, readSpool } from './spool.js';

/** Drawn samples as a run keeps them: small ones in memory, others in a file without a name. Can be sent to a worker. */
export interface StoredSamples {
  /** Of one sample. */
  readonly shape: readonly number[];
  readonly labels: Labels;
  readonly indices: readonly number[];
  readonly groups: readonly GroupColumn[];
  readonly inputs: StoredInputs;
}

export type StoredInputs = HeldInputs | SpooledInputs;

export interface HeldInputs {
  readonly kind: 'memory';
  readonly data: Float32Array;
}

/** One input behind another: float32, or bytes that stand for `levels`. */
export interface SpooledInputs {
  readonly kind: 'file';
  readonly descriptor: number;
  readonly levels: Float32Array | null;
}

/** Closes the files of samples that nobody can read any more. */
const forgotten = new FinalizationRegistry(closeSpool);

/** Takes over the file behind samples: it is closed by {@link releaseSamples}, or when they are forgotten. */
export function ownSamples(stored: StoredSamples): StoredSamples {
  if (stored.inputs.kind === 'file') forgotten.register(stored, stored.inputs.descriptor, stored);
  return stored;
}

/** Closes the file behind samples that are not needed any more. */
export function releaseSamples(stored: StoredSamples | null): void {
  if (stored?.inputs.kind === 'file' && forgotten.unregister(stored)) closeSpool(stored.inputs.descriptor);
}

/** Reads stored samples, in any process that has their file open. */
export function sourceOf(stored: StoredSamples): SampleSource {
  const { shape, labels, indices, groups, inputs } = stored;
  if (inputs.kind === 'memory') {
    return inMemory({ inputs: { shape: [indices.length, ...shape], data: inputs.data }, labels, indices }, groups);
  }
  const take: SampleSource['take'] = async (positions) => ({
    inputs: { shape: [positions.length, ...shape], data: await readInputs(inputs, sizeOf(shape), positions) },
    labels: takeLabels(labels, positions),
    indices: takeIndices(indices, positions),
  });
  const range: SampleSource['range'] = (start, end) => take(Array.from({ length: end - start }, (_, i) => start + i));
  return { shape, labels, indices, groups, take, range };
}

/** Inputs in the units of the domain; those that lie behind one another are read at once. */
async function readInputs(
  { descriptor, levels }: SpooledInputs,
  size: number,
  positions: ArrayLike<number>,
): Promise<Float32Array> {
  const data = new Float32Array(positions.length * size);
  const stored = levels === null ? bytesOf(data) : new Uint8Array(data.length);
  const width = levels === null ? size * data.BYTES_PER_ELEMENT : size;
  for (let start = 0; start < positions.length;) {
    const first = positions[start] ?? NaN;
    let end = start + 1;
    while (end < positions.length && positions[end] === first + end - start) end++;
    await readSpool(descriptor, stored.subarray(start * width, end * width), first * width);
    start = end;
  }
  if (levels !== null) decodeLevels(stored, levels, data);
  return data;
}

/** What bytes stand for, written to `values`. */
export function decodeLevels(bytes: Uint8Array, levels: Float32Array, values: Float32Array): void {
  for (let i = 0; i < bytes.length; i++) values[i] = levels[bytes[i] ?? 0] ?? NaN;
}
