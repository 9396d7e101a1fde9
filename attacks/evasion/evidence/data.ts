import type { Head } from '#target/head';
import type { Norm } from '../geometry/norms.js';
import type { TrustData } from '../trust/data.js';
import type { Refusal } from './recheck.js';
import type { Fate } from '../search/result.js';

/** What evasion attacks write down. Columns have one entry a sample, in the order of `indices`. */

/** One character a sample: `1` where it holds, `0` where not. */
export type Bits = string;

/** Null where there is no number, or none that is finite. */
export type Column = readonly (number | null)[];

export type EvasionData = {
  /** As it is called in a sentence: `PGD`. */
  readonly attack: string;
  readonly uses: 'gradients' | 'scores';
  readonly norm: Norm;
  readonly domain: 'image' | 'tabular';
  /** What the attack is not: a search, a search within a ball. */
  readonly effort?: { readonly singleStep: boolean; readonly minimumNorm: boolean };
  /** Of an ensemble: its attacks, in the order in which they ran. */
  readonly members?: readonly string[];
  /** Gradients averaged at an iterate. */
  readonly eotDraws?: number;
  readonly head: Head['kind'];
  /** Scores of a sample. */
  readonly outputs?: number;
  /** Of a regression head. */
  readonly tolerance: number | null;
  readonly range: readonly [number, number];
  /** Names of integer columns and categories of a table, which moved as real numbers. Absent where there are none. */
  readonly relaxed?: readonly string[];
  readonly n: number;
  /** In the data set. */
  readonly indices: readonly number[];
  readonly cleanCorrect: Bits;
  readonly cleanMargins: Column;
  /** Every score that the target gave, on clean and on changed inputs, was a finite number. */
  readonly finite: Bits;
  /**
   * Of minimum-norm attacks: the size of the least change that was found and checked, in the norm of the attack; 0 where
   * the sample is wrong without one, null where none was found.
   */
  readonly distances?: Column;
  /** Ascending. */
  readonly epsilons: readonly EpsilonData[];
  /** Rows through the target, without the examination. */
  readonly queries: QueryTotals;
  /** Whether the attack worked. Null where the options asked for no examination; absent where there is nothing to examine. */
  readonly trust?: TrustData | null;
};

export type EpsilonData = {
  /** In the units of the data. */
  readonly epsilon: number;
  /** Wrong by a change of at most epsilon that was checked; wrong at a smaller epsilon counts at each larger one. */
  readonly broken: Bits;
  /** Of these, those that were broken at a smaller epsilon already and not attacked again. */
  readonly carried: Bits;
  /** Broken at this epsilon by the noise baseline, and not by the attack. */
  readonly brokenByNoise: Bits;
  /** Broken by an input that the attack itself did not take for adversarial. */
  readonly silent: Bits;
  /** Right under one uniform draw. Null where there is no baseline. */
  readonly rightUnderNoise: Bits | null;
  /** What the attack called adversarial and the check did not. */
  readonly refused: readonly { readonly sample: number; readonly because: Refusal }[];
  /** Size of the adversarial change in the norm of the attack; null where there is none. */
  readonly norms: Column;
  /** The head's margin at the adversarial input, or the least that the attack reached. */
  readonly margins: Column;
  readonly queries: Column;
  readonly gradientQueries: Column;
  readonly lossStart: Column;
  readonly lossEnd: Column;
  readonly lossBest: Column;
  /** The loss rose above where it started. */
  readonly lossRose: Bits;
  readonly zeroGradient: Bits;
  /** SHA-256 of the adversarial input's bytes. */
  readonly digests: readonly (string | null)[];
  /** Of an ensemble: the member that broke each sample. */
  readonly by?: readonly (string | null)[];
};

export type QueryTotals = {
  readonly attackPredictions: number;
  readonly attackGradients: number;
  /** Of clean inputs, and of the independent check. */
  readonly checkPredictions: number;
  readonly noisePredictions: number;
};

/** What is known of one sample, before it is written as columns. */
export type SampleRecord = {
  readonly index: number;
  readonly cleanCorrect: boolean;
  readonly cleanMargin: number | null;
  readonly finite: boolean;
  readonly distance?: number | null;
};

export type EpsilonRecord = {
  readonly fate: Fate;
  readonly byNoise: boolean;
  readonly silent: boolean;
  readonly rightUnderNoise: boolean | null;
  readonly refusal: Refusal | null;
  readonly norm: number | null;
  readonly margin: number | null;
  readonly queries: number;
  readonly gradientQueries: number;
  readonly loss: { readonly start: number | null; readonly end: number | null; readonly best: number | null } | null;
  readonly lossRose: boolean;
  readonly zeroGradient: boolean;
  readonly digest: string | null;
  readonly by?: string | null;
};

export type SampleColumns = Pick<
  EvasionData,
  'n' | 'indices' | 'cleanCorrect' | 'cleanMargins' | 'finite' | 'distances'
>;

export function sampleColumns(records: readonly SampleRecord[]): SampleColumns {
  return {
    n: records.length,
    indices: records.map(({ index }) => index),
    cleanCorrect: bits(records, ({ cleanCorrect }) => cleanCorrect),
    cleanMargins: records.map(({ cleanMargin }) => cleanMargin),
    finite: bits(records, ({ finite }) => finite),
    ...(records.some(({ distance }) => distance !== undefined)
      ? { distances: records.map(({ distance = null }) => distance) }
      : {}),
  };
}

export function epsilonColumns(
  epsilon: number,
  records: readonly EpsilonRecord[],
  indices: readonly number[],
): EpsilonData {
  const hasBaseline = records.some(({ rightUnderNoise }) => rightUnderNoise !== null);
  return {
    epsilon,
    broken: bits(records, ({ fate }) => fate === 'broken' || fate === 'carried'),
    carried: bits(records, ({ fate }) => fate === 'carried'),
    brokenByNoise: bits(records, ({ byNoise }) => byNoise),
    silent: bits(records, ({ silent }) => silent),
    rightUnderNoise: hasBaseline ? bits(records, ({ rightUnderNoise }) => rightUnderNoise === true) : null,
    refused: records.flatMap(({ refusal }, i) =>
      refusal === null ? [] : [{ sample: indices[i] ?? -1, because: refusal }],
    ),
    norms: records.map(({ norm }) => norm),
    margins: records.map(({ margin }) => margin),
    queries: records.map(({ queries }) => queries),
    gradientQueries: records.map(({ gradientQueries }) => gradientQueries),
    lossStart: records.map(({ loss }) => loss?.start ?? null),
    lossEnd: records.map(({ loss }) => loss?.end ?? null),
    lossBest: records.map(({ loss }) => loss?.best ?? null),
    lossRose: bits(records, ({ lossRose }) => lossRose),
    zeroGradient: bits(records, ({ zeroGradient }) => zeroGradient),
    digests: records.map(({ digest }) => digest),
    ...(records.some(({ by }) => by !== undefined) ? { by: records.map(({ by = null }) => by) } : {}),
  };
}

export function addQueries(parts: readonly QueryTotals[]): QueryTotals {
  const sum = (of: (part: QueryTotals) => number) => parts.reduce((total, part) => total + of(part), 0);
  return {
    attackPredictions: sum((part) => part.attackPredictions),
    attackGradients: sum((part) => part.attackGradients),
    checkPredictions: sum((part) => part.checkPredictions),
    noisePredictions: sum((part) => part.noisePredictions),
  };
}

/** At most seven significant digits, as many as a float32 has; null for what JSON has no form for. */
export function written(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? Number(value.toPrecision(7)) : null;
}

export function bitAt(column: Bits, i: number): boolean {
  return column[i] === '1';
}

export function countBits(column: Bits): number {
  let count = 0;
  for (const bit of column) if (bit === '1') count++;
  return count;
}

function bits<T>(records: readonly T[], holds: (record: T) => boolean): Bits {
  return records.map((record) => (holds(record) ? '1' : '0')).join('');
}
