import { AssayError } from '#base/errors';
import { rowsOf, rowSize, type Tensor } from '#base/tensor';
import type { OutputHead } from '#engine/index';
import type { PairedLoss } from './objective.js';
import { logSigmoid, sigmoid, softmaxAt } from './score-losses.js';

/**
 * KL(p || q) of what a head says of clean inputs (p) and of perturbed ones (q), with its derivative by the scores of both:
 * between softmaxes for classes, between Bernoulli distributions and summed over the scores for binary and multi-label.
 *
 * @param clean [n, scores], raw
 * @param perturbed as `clean`
 * @throws AssayError `usage` for a regression, which gives no probabilities
 */
export function divergenceOf(head: OutputHead, clean: Tensor, perturbed: Tensor): PairedLoss {
  const loss = {
    value: new Float64Array(rowsOf(clean)),
    byClean: new Float64Array(clean.data.length),
    byPerturbed: new Float64Array(clean.data.length),
  };
  switch (head) {
    case 'classes':
      betweenSoftmaxes(clean, perturbed, loss);
      break;
    case 'binary':
    case 'multi-label':
      betweenBernoullis(clean, perturbed, loss);
      break;
    case 'regression':
      throw new AssayError('usage', { what: 'a divergence compares probabilities, and a regression has none' });
  }
  return loss;
}

function betweenSoftmaxes(clean: Tensor, perturbed: Tensor, { value, byClean, byPerturbed }: PairedLoss): void {
  const width = rowSize(clean);
  const [logP, p] = [new Float64Array(width), new Float64Array(width)];
  const [logQ, q] = [new Float64Array(width), new Float64Array(width)];
  for (let i = 0; i < value.length; i++) {
    softmaxAt(clean.data, i * width, logP, p);
    softmaxAt(perturbed.data, i * width, logQ, q);
    let sum = 0;
    for (let j = 0; j < width; j++) sum += (p[j] ?? NaN) * ((logP[j] ?? NaN) - (logQ[j] ?? NaN));
    value[i] = sum;
    for (let j = 0; j < width; j++) {
      byClean[i * width + j] = (p[j] ?? NaN) * ((logP[j] ?? NaN) - (logQ[j] ?? NaN) - sum);
      byPerturbed[i * width + j] = (q[j] ?? NaN) - (p[j] ?? NaN);
    }
  }
}

function betweenBernoullis(clean: Tensor, perturbed: Tensor, { value, byClean, byPerturbed }: PairedLoss): void {
  const width = rowSize(clean);
  for (let k = 0; k < byClean.length; k++) {
    const a = clean.data[k] ?? NaN;
    const b = perturbed.data[k] ?? NaN;
    const [present, absent] = [sigmoid(a), sigmoid(-a)];
    const sample = Math.floor(k / width);
    value[sample] =
      (value[sample] ?? NaN) + present * (logSigmoid(a) - logSigmoid(b)) + absent * (logSigmoid(-a) - logSigmoid(-b));
    byClean[k] = present * absent * (a - b);
    byPerturbed[k] = sigmoid(b) - present;
  }
}
