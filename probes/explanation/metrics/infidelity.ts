import { rowSize, type Tensor } from '#base/tensor';
import type { RandomStreams } from '#stats/random';
import { absences, subsets, visitPerturbations, type Perturbations } from './perturbations.js';

/** How far attributions are from what changes of a sample do to its score. */
export interface Infidelity {
  /** E[(I phi - (f(x) - f(x - I)))^2], in squared units of the score. */
  readonly infidelity: number;
  /** E[I phi df] / E[(I phi)^2], the factor with which attributions would be nearest; 0 where they foresee no change at all. */
  readonly beta: number;
  /** The infidelity of beta phi: what no scale of the attributions mends. */
  readonly normalized: number;
  /** Of I phi and df over the changes, as sensitivity-n has it; NaN where one of them never differs. */
  readonly correlation: number;
}

/**
 * The explanation infidelity of Yeh et al. 2019 (arXiv:1901.09392, definition 2.1), and that of the attributions on their best
 * scale, as captum and the authors' code normalize it.
 *
 * @param scores the explained score of each of some inputs, [n, ...shape]
 * @param sample [1, ...shape]
 * @param attributions one a value of the sample
 */
export async function infidelity(
  scores: (inputs: Tensor) => Promise<Float64Array>,
  sample: Tensor,
  attributions: ArrayLike<number>,
  perturbations: Perturbations,
): Promise<Infidelity> {
  const foreseen: number[] = [];
  const found: number[] = [];
  const [whole = NaN] = await scores(sample);
  await visitPerturbations(scores, sample, perturbations, (score, factors) => {
    foreseen.push(
      factors.reduce((sum, factor, j) => (factor === 0 ? sum : sum + factor * (attributions[j] ?? NaN)), 0),
    );
    found.push(whole - score);
  });
  const meanOf = (term: (a: number, b: number) => number): number =>
    foreseen.reduce((sum, a, i) => sum + term(a, found[i] ?? NaN), 0) / foreseen.length;
  const squares = meanOf((a) => a * a);
  const beta = squares === 0 ? 0 : meanOf((a, b) => a * b) / squares;
  const [middle, other] = [meanOf((a) => a), meanOf((_, b) => b)];
  const [spread, otherSpread] = [meanOf((a) => (a - middle) ** 2), meanOf((_, b) => (b - other) ** 2)];
  return {
    infidelity: meanOf((a, b) => (a - b) ** 2),
    beta,
    normalized: meanOf((a, b) => (beta * a - b) ** 2),
    correlation: meanOf((a, b) => (a - middle) * (b - other)) / Math.sqrt(spread * otherSpread),
  };
}

/**
 * Sensitivity-n (Ancona et al. 2018, arXiv:1711.06104, definition 1): whether the attributions of n values add up to what their
 * absence together takes off the score, over all sets of n values or some of them. It holds where the infidelity is 0; where it does
 * not, the paper looks at the correlation.
 *
 * @param sample [1, ...shape]
 * @param baseline what stands in the place of what is absent, in the shape of the sample
 * @param n how many values are absent at once
 * @param count sets at most
 */
export function sensitivityN(
  scores: (inputs: Tensor) => Promise<Float64Array>,
  sample: Tensor,
  baseline: ArrayLike<number>,
  attributions: ArrayLike<number>,
  { n, count }: { readonly n: number; readonly count: number },
  random: RandomStreams,
): Promise<Infidelity> {
  const absent = subsets(rowSize(sample), n, count, random);
  return infidelity(scores, sample, attributions, absences(sample, baseline, absent));
}
