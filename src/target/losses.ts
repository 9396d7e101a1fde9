import type { LossKind } from '#engine/index';
import { margin, type Head } from './head.js';

/**
 * The losses of {@link LossKind}, by their definitions and in double precision: for models whose scores are known in
 * closed form, and for following a loss along the iterates of an attack.
 */
export function lossValue(head: Head, kind: LossKind, scores: ArrayLike<number>, label: ArrayLike<number>): number {
  switch (kind) {
    case 'score':
      return scores[label[0] ?? -1] ?? NaN;
    case 'margin':
      return -margin(head, scores, label);
    case 'cross-entropy':
      return crossEntropy(head, scores, label);
  }
}

/** d loss / d scores. Where a maximum is taken and several are largest, the first counts. */
export function lossSlope(
  head: Head,
  kind: LossKind,
  scores: ArrayLike<number>,
  label: ArrayLike<number>,
): Float64Array {
  switch (kind) {
    case 'score':
      return basis(scores.length, label[0] ?? -1);
    case 'margin':
      return marginSlope(head, scores, label);
    case 'cross-entropy':
      return crossEntropySlope(head, scores, label);
  }
}

function crossEntropy(head: Head, scores: ArrayLike<number>, label: ArrayLike<number>): number {
  switch (head.kind) {
    case 'classes':
      return softmaxCrossEntropy(scores, label[0] ?? -1);
    case 'binary':
    case 'multi-label':
      return sumOf(scores, (score, i) => softplus(towardsOther(label, i) * score));
    case 'regression':
      return sumOf(scores, (score, i) => (score - (label[i] ?? NaN)) ** 2);
    case 'ranking':
    case 'sequence':
      return NaN;
  }
}

function crossEntropySlope(head: Head, scores: ArrayLike<number>, label: ArrayLike<number>): Float64Array {
  switch (head.kind) {
    case 'classes': {
      const truth = label[0] ?? -1;
      const total = logSumExp(scores);
      const slope = Float64Array.from(scores, (score, i) => (i === truth ? 0 : Math.exp(score - total)));
      // p_y - 1 as minus the other probabilities: the difference would be lost to rounding where p_y is close to 1.
      slope[truth] = -sumOf(slope, (probability) => probability);
      return slope;
    }
    case 'binary':
    case 'multi-label':
      return Float64Array.from(scores, (score, i) => {
        const sign = towardsOther(label, i);
        return sign / (1 + Math.exp(-sign * score));
      });
    case 'regression':
      return Float64Array.from(scores, (score, i) => 2 * (score - (label[i] ?? NaN)));
    case 'ranking':
    case 'sequence':
      return new Float64Array(scores.length).fill(NaN);
  }
}

function marginSlope(head: Head, scores: ArrayLike<number>, label: ArrayLike<number>): Float64Array {
  switch (head.kind) {
    case 'classes': {
      const truth = label[0] ?? -1;
      const slope = basis(
        scores.length,
        largest(scores, (score, i) => (i === truth ? -Infinity : score)),
      );
      slope[truth] = -1;
      return slope;
    }
    case 'binary':
    case 'multi-label': {
      const nearest = largest(scores, (score, i) => towardsOther(label, i) * score);
      return basis(scores.length, nearest, towardsOther(label, nearest));
    }
    case 'regression': {
      const worst = largest(scores, (score, i) => Math.abs(score - (label[i] ?? NaN)));
      return basis(scores.length, worst, Math.sign((scores[worst] ?? NaN) - (label[worst] ?? NaN)));
    }
    case 'ranking':
    case 'sequence':
      return new Float64Array(scores.length).fill(NaN);
  }
}

/** -1 where the label is present, 1 where it is absent: the direction in which a score becomes wrong. */
function towardsOther(label: ArrayLike<number>, i: number): number {
  return label[i] === 1 ? -1 : 1;
}

/** log(1 + e^t) without overflow. */
function softplus(t: number): number {
  return Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));
}

/** -log softmax(z)_y = log(1 + sum_{j != y} e^{z_j - z_y}), with all its digits also where it is close to zero. */
function softmaxCrossEntropy(scores: ArrayLike<number>, truth: number): number {
  const own = scores[truth] ?? NaN;
  let most = -Infinity;
  for (let j = 0; j < scores.length; j++) if (j !== truth) most = Math.max(most, (scores[j] ?? NaN) - own);
  const others = (shift: number) => sumOf(scores, (score, j) => (j === truth ? 0 : Math.exp(score - own - shift)));
  return most > 0 ? most + Math.log(Math.exp(-most) + others(most)) : Math.log1p(others(0));
}

function logSumExp(scores: ArrayLike<number>): number {
  let most = -Infinity;
  for (let i = 0; i < scores.length; i++) most = Math.max(most, scores[i] ?? NaN);
  return most + Math.log(sumOf(scores, (score) => Math.exp(score - most)));
}

function sumOf(values: ArrayLike<number>, term: (value: number, i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += term(values[i] ?? NaN, i);
  return sum;
}

function largest(values: ArrayLike<number>, of: (value: number, i: number) => number): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (of(values[i] ?? NaN, i) > of(values[best] ?? NaN, best)) best = i;
  return best;
}

function basis(length: number, index: number, value = 1): Float64Array {
  const vector = new Float64Array(length);
  vector[index] = value;
  return vector;
}
