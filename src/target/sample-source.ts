import { rowRange, sizeOf, takeRows, type Tensor } from '#base/tensor';
import { takeLabels, type Labels } from './head.js';
import type { Samples, Target } from './target.js';

/** Values that say which groups the samples belong to: one a sample, null where it is not known. */
export interface GroupColumn {
  readonly name: string;
  readonly values: readonly (string | null)[];
}

/**
 * Samples whose truth and places are known at once and whose inputs are read when they are asked for: a data set can be
 * larger than the memory. Whoever goes through all of them takes a chunk, and lets go of it before the next.
 */
export interface SampleSource {
  /** Of one sample. */
  readonly shape: readonly number[];
  readonly labels: Labels;
  /** Places in the data set, which is what random streams are keyed by. */
  readonly indices: readonly number[];
  /** What groups they belong to, whether or not the target is given it. */
  readonly groups: readonly GroupColumn[];
  /** The samples at these positions (0 is the first of `indices`), in the order given. */
  take(positions: ArrayLike<number>): Promise<Samples>;
  /** The samples at the positions `[start, end)`. Not to be written to: inputs may be shared. */
  range(start: number, end: number): Promise<Samples>;
}

const CHUNK_SAMPLES = 256;
const CHUNK_VALUES = 2 ** 22;

/** How many samples of a shape are gone through at a time: at most 256, of 16 MiB together unless one alone is larger. */
export function chunkOf(shape: readonly number[]): number {
  return Math.max(1, Math.min(CHUNK_SAMPLES, Math.floor(CHUNK_VALUES / sizeOf(shape))));
}

/** Samples that are in memory as they are. */
export function inMemory({ inputs, labels, indices }: Samples, groups: readonly GroupColumn[] = []): SampleSource {
  return {
    ...{ shape: inputs.shape.slice(1), labels, indices, groups },
    take: (positions) => Promise.resolve({ inputs: takeRows(inputs, positions), ...truthOf(positions) }),
    range: (start, end) => Promise.resolve({ inputs: rowRange(inputs, start, end), ...truthOfRange(start, end) }),
  };

  function truthOf(positions: ArrayLike<number>) {
    return { labels: takeLabels(labels, positions), indices: takeIndices(indices, positions) };
  }

  function truthOfRange(start: number, end: number) {
    const { width, values } = labels;
    return {
      labels: { width, values: values.subarray(start * width, end * width) },
      indices: indices.slice(start, end),
    };
  }
}

export function noSamples(shape: readonly number[]): SampleSource {
  return inMemory({
    inputs: { shape: [0, ...shape], data: new Float32Array(0) },
    labels: { width: 1, values: new Float64Array(0) },
    indices: [],
  });
}

/** The samples of a source at some positions, in the order given, as a source of their own. */
export function samplesAt(source: SampleSource, positions: readonly number[]): SampleSource {
  return {
    shape: source.shape,
    labels: takeLabels(source.labels, positions),
    indices: takeIndices(source.indices, positions),
    groups: takeGroups(source.groups, positions),
    take: (places) => source.take(takeIndices(positions, places)),
    range: (start, end) => source.take(positions.slice(start, end)),
  };
}

export function takeGroups(groups: readonly GroupColumn[], positions: readonly number[]): GroupColumn[] {
  return groups.map(({ name, values }) => ({ name, values: positions.map((position) => values[position] ?? null) }));
}

export function takeIndices(indices: readonly number[], positions: ArrayLike<number>): number[] {
  return Array.from(positions, (position) => indices[position] ?? -1);
}

/** The scores of all samples, [n, scores], by one prediction of each. */
export async function predictAll(target: Target, source: SampleSource): Promise<Tensor> {
  const { length } = source.indices;
  const size = chunkOf(source.shape);
  let scores: Float32Array | null = null;
  for (let start = 0; start < length; start += size) {
    const { inputs } = await source.range(start, Math.min(start + size, length));
    const { shape, data } = await target.predict(inputs);
    const width = sizeOf(shape.slice(1));
    scores ??= new Float32Array(length * width);
    scores.set(data, start * width);
  }
  if (scores === null) return target.predict({ shape: [0, ...source.shape], data: new Float32Array(0) });
  return { shape: [length, scores.length / length], data: scores };
}
