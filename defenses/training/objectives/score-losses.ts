import { rowsOf, rowSize, type Tensor } from '#base/tensor';
import type { OutputHead } from '#engine/index';

const { abs, exp, log, log1p, max, min } = Math;

/** A loss of each sample, and its derivative by the scores. */
export interface ScoredLoss {
  /** [n] */
  readonly value: Float64Array;
  /** [n, scores] */
  readonly slope: Float64Array;
}

/**
 * The loss that a head is trained with: softmax cross-entropy for classes, sigmoid cross-entropy summed over the scores of
 * binary and multi-label heads, squared error summed over the outputs of a regression.
 *
 * @param targets [n, scores]: probabilities, which may be soft; the true values of a regression
 * @param scores [n, scores], raw
 */
export function crossEntropyOf(head: OutputHead, targets: Float64Array, scores: Tensor): ScoredLoss {
  const loss = { value: new Float64Array(rowsOf(scores)), slope: new Float64Array(scores.data.length) };
  switch (head) {
    case 'classes':
      softmaxLoss(targets, scores, loss);
      break;
    case 'binary':
    case 'multi-label':
      sigmoidLoss(targets, scores, loss);
      break;
    case 'regression':
      squaredError(targets, scores, loss);
      break;
  }
  return loss;
}

function softmaxLoss(targets: Float64Array, scores: Tensor, { value, slope }: ScoredLoss): void {
  const width = rowSize(scores);
  const [logs, probabilities] = [new Float64Array(width), new Float64Array(width)];
  for (let i = 0; i < value.length; i++) {
    softmaxAt(scores.data, i * width, logs, probabilities);
    let [sum, mass] = [0, 0];
    for (let j = 0; j < width; j++) {
      const target = targets[i * width + j] ?? NaN;
      sum -= target * (logs[j] ?? NaN);
      mass += target;
    }
    value[i] = sum;
    for (let j = 0; j < width; j++) {
      slope[i * width + j] = mass * (probabilities[j] ?? NaN) - (targets[i * width + j] ?? NaN);
    }
  }
}

function sigmoidLoss(targets: Float64Array, scores: Tensor, { value, slope }: ScoredLoss): void {
  const width = rowSize(scores);
  for (let k = 0; k < slope.length; k++) {
    const score = scores.data[k] ?? NaN;
    const target = targets[k] ?? NaN;
    const sample = Math.floor(k / width);
    value[sample] = (value[sample] ?? NaN) - target * logSigmoid(score) - (1 - target) * logSigmoid(-score);
    slope[k] = sigmoid(score) - target;
  }
}

function squaredError(targets: Float64Array, scores: Tensor, { value, slope }: ScoredLoss): void {
  const width = rowSize(scores);
  for (let k = 0; k < slope.length; k++) {
    const error = (scores.data[k] ?? NaN) - (targets[k] ?? NaN);
    const sample = Math.floor(k / width);
    value[sample] = (value[sample] ?? NaN) + error * error;
    slope[k] = 2 * error;
  }
}

/**
 * Softmax of one row of scores and its logarithm, both finite for finite scores.
 *
 * @param start where the row begins; it is as long as `logs`
 */
export function softmaxAt(
  scores: ArrayLike<number>,
  start: number,
  logs: Float64Array,
  probabilities: Float64Array,
): void {
  let most = -Infinity;
  for (let j = 0; j < logs.length; j++) most = max(most, scores[start + j] ?? NaN);
  let sum = 0;
  for (let j = 0; j < logs.length; j++) sum += exp((scores[start + j] ?? NaN) - most);
  const total = most + log(sum);
  for (let j = 0; j < logs.length; j++) {
    logs[j] = (scores[start + j] ?? NaN) - total;
    probabilities[j] = exp(logs[j] ?? NaN);
  }
}

export function sigmoid(score: number): number {
  return 1 / (1 + exp(-score));
}

/** log sigmoid(z) = -log(1 + e^-z) without overflow. */
export function logSigmoid(score: number): number {
  return min(score, 0) - log1p(exp(-abs(score)));
}
