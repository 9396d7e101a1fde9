import { counted, grouped, percent } from '#base/format';
import { row, rowsOf, type Tensor } from '#base/tensor';
import type { Measure, TargetCheck } from '#report/report';
import { clopperPearson } from '#stats/intervals';
import { isCorrect, labelRow, type Head, type Labels } from '../head.js';
import type { Target } from '../target.js';
import { agreementByChance } from './chance.js';
import { answerOf, truthOf } from './answers.js';

/** Below this, a target that is right by chance looks as one that is not. */
const FEWEST = 20;

/** One-sided, 95 %. */
const SIGNIFICANT = 1.6448536269514722;

/** Of each sample, whether the target is right about it. */
export function isRight(head: Head, scores: Tensor, labels: Labels): boolean[] {
  return Array.from({ length: rowsOf(scores) }, (_, i) => isCorrect(head, row(scores, i), labelRow(labels, i)));
}

/** The share of clean samples that a target is right about, with its exact interval. */
export function accuracyOf(right: readonly boolean[]): Measure & { value: number } {
  const count = right.filter(Boolean).length;
  const n = right.length;
  const interval = { ...clopperPearson(count, n), method: 'Clopper-Pearson' };
  return { id: 'accuracy', label: 'Clean accuracy', value: count / n, format: 'rate', n, interval, threshold: null };
}

/** Whether a target knows more than one that never looks at its input. */
export function checkAccuracy(
  { head }: Pick<Target, 'head'>,
  scores: Tensor,
  labels: Labels,
  right: readonly boolean[],
): TargetCheck {
  const id = 'target/accuracy';
  const claim = claimOf(head, right);
  const { better, bar } =
    head.kind === 'regression' ? overMean(scores, labels) : overChance(head, scores, labels, right);
  if (better === true) return { id, holds: true, sentence: `${claim}; ${bar}.` };
  if (better === null || right.length < FEWEST) {
    return { id, holds: null, sentence: `${claim}, too little to tell it from chance.` };
  }
  return {
    id,
    holds: false,
    sentence:
      `${claim}, no better than chance: ${bar}. The labels, the range, the layout or the normalization may not be those ` +
      'of the model.',
  };
}

function claimOf(head: Head, right: readonly boolean[]): string {
  const { value, interval } = accuracyOf(right);
  const { low = 0, high = 1 } = interval ?? {};
  const verb = head.kind === 'regression' ? `within ${head.tolerance} of the truth` : 'right';
  const rate = `${percent(value)}, 95 % interval ${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)}`;
  const count = right.filter(Boolean).length;
  return `${grouped(count)} of ${counted(right.length, 'clean sample')} are ${verb} (${rate})`;
}

interface Comparison {
  /** Null: it cannot be told. */
  readonly better: boolean | null;
  readonly bar: string;
}

/** Against the same answers dealt out to the samples at random: what is right then is right by chance. */
function overChance(head: Head, scores: Tensor, labels: Labels, right: readonly boolean[]): Comparison {
  const answers = right.map((_, i) => answerOf(head, row(scores, i)));
  const truths = right.map((_, i) => truthOf(labelRow(labels, i)));
  const { mean, deviation } = agreementByChance(answers, truths);
  const count = right.filter(Boolean).length;
  return {
    better: count - mean > SIGNIFICANT * deviation,
    bar: `the same answers in a random order would be right for ${percent(mean / right.length)}`,
  };
}

/** Against the mean of the truth, by the squared error of each output relative to the variance of its truth. */
function overMean(scores: Tensor, labels: Labels): Comparison {
  const shares = Array.from({ length: labels.width }, (_, output) => {
    const truth = Array.from({ length: rowsOf(scores) }, (_, i) => labelRow(labels, i)[output] ?? NaN);
    const mean = truth.reduce((sum, value) => sum + value, 0) / truth.length;
    const variance = truth.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const error = truth.reduce((sum, value, i) => sum + (value - (row(scores, i)[output] ?? NaN)) ** 2, 0);
    return { variance, error };
  }).filter(({ variance }) => variance > 0);
  if (shares.length === 0) return { better: null, bar: '' };
  const unexplained = shares.reduce((sum, { variance, error }) => sum + error / variance, 0) / shares.length;
  return {
    better: unexplained < 1,
    bar: `the squared error is ${percent(unexplained)} of that of the mean of the truth`,
  };
}
