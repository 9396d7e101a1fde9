import { divergenceOf } from './divergence.js';
import type { PairedObjective } from './objective.js';
import { crossEntropyOf } from './score-losses.js';

/**
 * TRADES (Zhang et al. 2019, arXiv:1901.08573): CE(f(x), targets) + beta KL(f(x) || f(x')). The gradient goes through
 * both, as in the code of the paper.
 *
 * @param beta 1 / lambda of the paper
 * @throws AssayError `usage` for a regression, which gives no probabilities
 */
export function trades(beta: number): PairedObjective {
  return ({ head, targets, clean, perturbed }) => {
    const natural = crossEntropyOf(head, targets, clean);
    const { value, byClean, byPerturbed } = divergenceOf(head, clean, perturbed);
    for (let i = 0; i < value.length; i++) value[i] = (natural.value[i] ?? NaN) + beta * (value[i] ?? NaN);
    for (let k = 0; k < byClean.length; k++) {
      byClean[k] = (natural.slope[k] ?? NaN) + beta * (byClean[k] ?? NaN);
      byPerturbed[k] = beta * (byPerturbed[k] ?? NaN);
    }
    return { value, byClean, byPerturbed };
  };
}
