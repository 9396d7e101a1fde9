import { digestOfJson } from '#base/digest';
import type { SampleOutcomes } from '#plugin/plugin';
import { holm, mcnemarOneSided } from '#stats/tests';
import type { CompletePolicy } from '#config/loaded';
import { unpackBits } from './bits.js';
import type { Baseline, BaselineCell, BaselineOutcome } from './file.js';
import type { Subject, SubjectCell } from './subject.js';

/** One cell of the baseline, and what became of it in this run. */
export interface Compared {
  readonly before: BaselineCell;
  /** Null where the run has no such cell. */
  readonly now: SubjectCell | null;
  /** Or the sentence that says why there is nothing to compare. */
  readonly pairs: readonly Pair[] | string;
}

/** One rate in both runs, on the same samples. */
export interface Pair {
  readonly id: string;
  readonly label: string;
  readonly n: number;
  /** Shares of samples that hold. */
  readonly before: number;
  readonly now: number;
  /** Indices in the data set of what held before and does not now, and the other way round. */
  readonly lost: readonly number[];
  readonly won: readonly number[];
  /** Of the losses and of the gains, each by its own one-sided test, corrected over all pairs. */
  readonly pWorse: number;
  readonly pBetter: number;
}

export const TEST = 'McNemar, exact, one-sided, after Holm';

export type RegressionRule = NonNullable<CompletePolicy['regression']>;

/** Whether a rate is lower by more than chance, and by more than the policy lets pass. */
export function isRegression({ n, lost, won, pWorse }: Pair, { alpha, drop }: RegressionRule): boolean {
  // Of counts: 0.75 - 0.7 is more than 0.05 in floating point.
  return pWorse < alpha && (lost.length - won.length) / n > drop;
}

/**
 * Holds a run against a baseline: cell by cell of the baseline, rate by rate, on the same samples. A cell is found again
 * by its audit and its complete options; where data, target or samples are others, that is said instead. Pure.
 */
export function compareWith(baseline: Baseline, subject: Subject): readonly Compared[] {
  const compared = baseline.cells.map((before) => {
    const now = subject.cells.find(({ cell, options }) => cell.audit === before.audit && options === before.options);
    if (now === undefined) return { before, now: null, pairs: 'The baseline has it, and this run does not.' };
    // What looks at data alone does not mind which model the run is of.
    const stranger = now.plugin.needs.length === 0 ? null : strangerSentence(baseline, subject);
    return { before, now, pairs: stranger ?? pairsOf(before, now) };
  });
  return corrected(compared);
}

type Uncorrected = Omit<Pair, 'pWorse' | 'pBetter'>;
type ComparedUncorrected = Omit<Compared, 'pairs'> & { readonly pairs: readonly Uncorrected[] | string };

function strangerSentence({ target: before }: Baseline, { target: now }: Subject): string | null {
  if (before === null && now === null) return null;
  if (before === null || now === null) return 'Only one of the baseline and this run is of a model.';
  if (digestOfJson(before.interface) === digestOfJson(now.interface)) return null;
  const [was, is] = [before.interface, now.interface];
  const others = [
    ...(was.inputs === is.inputs ? [] : [`takes ${was.inputs} where this one takes ${is.inputs}`]),
    ...(was.outputs === is.outputs ? [] : [`gives ${was.outputs} where this one gives ${is.outputs}`]),
    ...(was.labels === is.labels ? [] : ['names its outputs otherwise']),
  ];
  return `The baseline is of another model: ${before.name} ${others.join(', and ')}.`;
}

function pairsOf(before: BaselineCell, { outcomes, data }: SubjectCell): readonly Uncorrected[] | string {
  if (typeof outcomes === 'string') return outcomes;
  if (digestOfJson(before.data) !== digestOfJson(data)) {
    return 'The baseline was measured on other data, so that samples cannot be paired.';
  }
  const pairs: Uncorrected[] = [];
  for (const outcome of before.outcomes) {
    const pair = pairOf(
      outcome,
      outcomes.find(({ id }) => id === outcome.id),
    );
    if (typeof pair === 'string') return pair;
    pairs.push(pair);
  }
  return pairs;
}

function pairOf(before: BaselineOutcome, now: SampleOutcomes | undefined): Uncorrected | string {
  const { id, label, n } = before;
  if (now === undefined) return `The baseline has ${label}, and this run does not.`;
  if (digestOfJson(now.indices) !== before.samples) return `${label} comes from other samples than in the baseline.`;
  const [was, is] = [unpackBits(before.bits, n) ?? '', now.bits];
  const where = (from: string, to: string): number[] => now.indices.filter((_, i) => was[i] === from && is[i] === to);
  return {
    ...{ id, label, n },
    before: before.held / n,
    now: is.replaceAll('0', '').length / n,
    lost: where('1', '0'),
    won: where('0', '1'),
  };
}

function corrected(compared: readonly ComparedUncorrected[]): Compared[] {
  const all = compared.flatMap(({ pairs }) => (typeof pairs === 'string' ? [] : pairs));
  const worse = holm(all.map(({ lost, won }) => mcnemarOneSided(lost.length, won.length)));
  const better = holm(all.map(({ lost, won }) => mcnemarOneSided(won.length, lost.length)));
  const places = new Map(all.map((pair, i) => [pair, i]));
  const p = (ps: readonly number[], pair: Uncorrected): number => ps[places.get(pair) ?? -1] ?? NaN;
  return compared.map((each) =>
    typeof each.pairs === 'string'
      ? { ...each, pairs: each.pairs }
      : {
          ...each,
          pairs: each.pairs.map((pair) => ({ ...pair, pWorse: p(worse, pair), pBetter: p(better, pair) })),
        },
  );
}
