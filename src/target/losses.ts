import type { LabelLossKind, LossSpec, WeightedLoss } from '#engine/index';
import { labelWidth, margin, type Head } from './head.js';

/** A loss of one sample and its derivative by the scores. */
export interface SampleLoss {
  readonly value: number;
  readonly slope: Float64Array;
}

/**
 * A loss by its definition (see `LossSpec`) and in double precision: for models whose scores are known in closed form.
 *
 * @param sample its position in the arrays of the loss
 */
export function sampleLoss(head: Head, loss: LossSpec, sample: number, scores: ArrayLike<number>): SampleLoss {
  const own = (values: Float64Array, width: number): Float64Array =>
    values.subarray(sample * width, (sample + 1) * width);
  switch (loss.kind) {
    case 'weighted-sum':
      return weightedSum(head, loss.terms, sample, scores);
    case 'divergence':
      return divergence(head, own(loss.probabilities, scores.length), scores);
    case 'squared-error': {
      const values = own(loss.values, scores.length);
      const regression = { kind: 'regression', count: scores.length, tolerance: 0 } as const;
      return {
        value: crossEntropy(regression, scores, values),
        slope: crossEntropySlope(regression, scores, values),
      };
    }
    case 'weighted-scores':
      return linear(scores, own(loss.values, scores.length));
    case 'score-difference':
    case 'targeted-dlr': {
      const [label = -1] = own(loss.labels, 1);
      const [target = -1] = own(loss.targets, 1);
      const difference = linear(scores, plusMinus(scores.length, target, label));
      return loss.kind === 'score-difference' ? difference : ratio(difference, scores, [1, 0, -0.5, -0.5]);
    }
    default: {
      const label = own(loss.labels, loss.kind === 'score' || loss.kind === 'dlr' ? 1 : labelWidth(head));
      return {
        value: lossValue(head, loss.kind, scores, label),
        slope: lossSlope(head, loss.kind, scores, label),
      };
    }
  }
}

/** The value of a loss that needs only a label: to follow it along the iterates of an attack. */
export function lossValue(
  head: Head,
  kind: LabelLossKind,
  scores: ArrayLike<number>,
  label: ArrayLike<number>,
): number {
  switch (kind) {
    case 'score':
      return scores[label[0] ?? -1] ?? NaN;
    case 'margin':
      return -margin(head, scores, label);
    case 'dlr':
      return logitsRatio(scores, label[0] ?? -1).value;
    case 'cross-entropy':
      return crossEntropy(head, scores, label);
  }
}

/** d loss / d scores. Where a maximum is taken and several are largest, the first counts. */
export function lossSlope(
  head: Head,
  kind: LabelLossKind,
  scores: ArrayLike<number>,
  label: ArrayLike<number>,
): Float64Array {
  switch (kind) {
    case 'score':
      return basis(scores.length, label[0] ?? -1);
    case 'margin':
      return marginSlope(head, scores, label);
    case 'dlr':
      return logitsRatio(scores, label[0] ?? -1).slope;
    case 'cross-entropy':
      return crossEntropySlope(head, scores, label);
  }
}

function logitsRatio(scores: ArrayLike<number>, label: number): SampleLoss {
  const other = largest(scores, (score, i) => (i === label ? -Infinity : score));
  return ratio(linear(scores, plusMinus(scores.length, other, label)), scores, [1, 0, -1]);
}

/** (a . z) / (b . z), where b weighs the scores in descending order. */
function ratio(numerator: SampleLoss, scores: ArrayLike<number>, byRank: readonly number[]): SampleLoss {
  const weights = new Float64Array(scores.length);
  const ranked: number[] = [];
  for (const weight of byRank) {
    const next = largestBut(scores, ranked);
    ranked.push(next);
    weights[next] = weight;
  }
  // Keeps the ratio finite where scores are equal; AutoAttack's own constant.
  const denominator = linear(scores, weights).value + 1e-12;
  const value = numerator.value / denominator;
  return { value, slope: numerator.slope.map((slope, i) => (slope - value * (weights[i] ?? 0)) / denominator) };
}

/** The first of the largest scores that are not among those named: a few of them are found sooner than all are sorted. */
function largestBut(scores: ArrayLike<number>, named: readonly number[]): number {
  let found = -1;
  for (let i = 0; i < scores.length; i++) {
    if (named.includes(i) || (found >= 0 && !((scores[i] ?? NaN) > (scores[found] ?? NaN)))) continue;
    found = i;
  }
  return found;
}

function linear(scores: ArrayLike<number>, weights: Float64Array): SampleLoss {
  return { value: sumOf(scores, (score, i) => score * (weights[i] ?? 0)), slope: weights };
}

function plusMinus(length: number, plus: number, minus: number): Float64Array {
  const weights = basis(length, plus);
  weights[minus] = (weights[minus] ?? 0) - 1;
  return weights;
}

function divergence(head: Head, probabilities: Float64Array, scores: ArrayLike<number>): SampleLoss {
  const entropy = (p: number): number => (p > 0 ? p * Math.log(p) : 0);
  if (head.kind === 'classes') {
    const total = logSumExp(scores);
    const mass = sumOf(probabilities, (p) => p);
    return {
      value: sumOf(probabilities, (p, i) => entropy(p) - p * ((scores[i] ?? NaN) - total)),
      slope: probabilities.map((p, i) => Math.exp((scores[i] ?? NaN) - total) * mass - p),
    };
  }
  return {
    value: sumOf(scores, (score, i) => {
      const p = probabilities[i] ?? NaN;
      return entropy(p) + entropy(1 - p) + softplus(score) - p * score;
    }),
    slope: Float64Array.from(scores, (score, i) => 1 / (1 + Math.exp(-score)) - (probabilities[i] ?? NaN)),
  };
}

function weightedSum(
  head: Head,
  terms: readonly WeightedLoss[],
  sample: number,
  scores: ArrayLike<number>,
): SampleLoss {
  const parts = terms.map(({ weight, loss }) => ({
    weight: typeof weight === 'number' ? weight : (weight[sample] ?? NaN),
    ...sampleLoss(head, loss, sample, scores),
  }));
  return {
    value: parts.reduce((sum, { weight, value }) => sum + weight * value, 0),
    slope: Float64Array.from(scores, (_, i) =>
      parts.reduce((sum, { weight, slope }) => sum + weight * (slope[i] ?? NaN), 0),
    ),
  };
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
