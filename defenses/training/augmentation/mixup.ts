import { row, rowsOf, type Tensor } from '#base/tensor';
import { beta, permutation, type Rng } from '#stats/random';
import type { Step } from './sample-change.js';

/** Inputs [n, ...shape] and their soft truth [n, width], to be changed in place. */
interface Batch {
  readonly inputs: Tensor;
  readonly targets: Float64Array;
  readonly width: number;
}

/**
 * Mixes each sample and its truth with those of a partner (Zhang et al. 2018, arXiv:1710.09412, equation 2): lambda x_i +
 * (1 - lambda) x_j. Lambda ~ Beta(alpha, alpha), one for the batch, and the partners, a permutation of it, are drawn as the
 * authors' code does. Of a table all columns are mixed, so that categories and whole numbers become fractions: the virtual
 * samples of the paper are not legal inputs, but keep every range and every relation.
 */
export function mixup({ alpha }: Step<'mixup'>, { inputs, targets, width }: Batch, source: Rng): void {
  const share = beta(alpha, alpha, source);
  const partners = permutation(rowsOf(inputs), source);
  const values: Tensor = { shape: inputs.shape, data: inputs.data.slice() };
  const truth = targets.slice();
  for (const [i, partner] of partners.entries()) {
    mix(row(inputs, i), row(values, partner), share);
    mix(rowOf(targets, i, width), rowOf(truth, partner, width), share);
  }
}

function mix(values: Float32Array | Float64Array, others: Float32Array | Float64Array, share: number): void {
  for (let i = 0; i < values.length; i++) values[i] = share * (values[i] ?? NaN) + (1 - share) * (others[i] ?? NaN);
}

function rowOf(values: Float64Array, index: number, width: number): Float64Array {
  return values.subarray(index * width, (index + 1) * width);
}
