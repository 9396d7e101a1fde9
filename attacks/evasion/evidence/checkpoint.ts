import { row, rowSize } from '#base/tensor';
import type { Example, RunContext } from '#plugin/plugin';
import { labelRow } from '#target/head';
import type { Samples } from '#target/target';
import type { ChunkFindings } from './chunk.js';
import type { EpsilonRecord, QueryTotals, SampleRecord } from './data.js';
import { chosen, type Candidate } from './keep.js';
import type { Norm } from '../geometry/norms.js';

/** What a checkpoint holds of a chunk: what is known of every sample, and the changed inputs that may be kept in the end. */
export type PackedChunk = {
  readonly json: {
    readonly samples: readonly SampleRecord[];
    /** By epsilon, then by sample. */
    readonly epsilons: readonly (readonly EpsilonRecord[])[];
    readonly queries: QueryTotals;
    readonly kept: readonly KeptFact[];
  };
  /** Of the kept inputs, one after the other: the input, and the scores before and after. */
  readonly arrays: { readonly changed: Float32Array; readonly before: Float32Array; readonly after: Float32Array };
};

type KeptFact = Candidate & { readonly position: number; readonly epsilon: number };

export interface ExampleCandidate extends Candidate {
  readonly example: Example;
}

/** @param before what is kept of the chunks before: only what it does not outdo goes into the checkpoint */
export function packed(
  { samples, epsilons, queries, found, clean }: ChunkFindings,
  { indices }: Samples,
  before: readonly Candidate[],
  { random, keep }: Pick<RunContext<unknown>, 'random' | 'keep'>,
): PackedChunk {
  const ranks = random.fork('keep');
  const own = found.map((each) => {
    const sample = indices[each.position] ?? -1;
    return { ...each, sample, rank: ranks.of(sample).uniform() };
  });
  const all = new Set<Candidate>(chosen<Candidate>([...before, ...own], keep));
  const kept = own.filter((each) => all.has(each));
  return {
    json: {
      samples,
      epsilons,
      queries,
      kept: kept.map(({ sample, size, rank, position, epsilon }) => ({ sample, size, rank, position, epsilon })),
    },
    arrays: {
      changed: joined(kept.map(({ input }) => input)),
      before: joined(kept.map(({ position }) => row(clean, position))),
      after: joined(kept.map(({ scores }) => scores)),
    },
  };
}

/** The changed inputs of a chunk as examples; `samples` are those that the chunk was made from. */
export function candidatesOf(
  { json: { kept }, arrays: { changed, before, after } }: PackedChunk,
  { inputs, labels }: Samples,
  norm: Norm,
): ExampleCandidate[] {
  const scores = before.length / kept.length;
  return kept.map(({ sample, size, rank, position, epsilon }, i) => ({
    ...{ sample, size, rank },
    example: {
      sample,
      epsilon,
      norm: { kind: norm, value: size },
      label: [...labelRow(labels, position)],
      scoresBefore: [...part(before, i, scores)],
      scoresAfter: [...part(after, i, scores)],
      // Copies: views would hold the whole chunk in memory.
      original: row(inputs, position).slice(),
      changed: part(changed, i, rowSize(inputs)).slice(),
    },
  }));
}

function part(values: Float32Array, i: number, width: number): Float32Array {
  return values.subarray(i * width, (i + 1) * width);
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.reduce((length, each) => length + each.length, 0));
  let offset = 0;
  for (const each of rows) {
    all.set(each, offset);
    offset += each.length;
  }
  return all;
}
