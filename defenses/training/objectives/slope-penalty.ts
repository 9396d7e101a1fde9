import type { PairedObjective } from './objective.js';
import { crossEntropyOf } from './score-losses.js';

/**
 * The gradient penalty of Finlay & Oberman (2019, arXiv:1905.11468): CE(b) + weight ((CE(b + h d) - CE(b)) / h)^2,
 * where the clean inputs are b and the perturbed ones b + h d. With d the input gradient over its norm that finite
 * difference is the norm of the gradient, and its own gradient needs no second derivative.
 *
 * @param distances [n], h of each pair, in the units in which d is a unit vector; where it is 0 there is no penalty
 */
export function slopePenalty(weight: number, distances: Float64Array): PairedObjective {
  return ({ head, targets, clean, perturbed }) => {
    const { value, slope: byClean } = crossEntropyOf(head, targets, clean);
    const { value: further, slope: byPerturbed } = crossEntropyOf(head, targets, perturbed);
    const width = byClean.length / value.length;
    for (let i = 0; i < value.length; i++) {
      const distance = distances[i] ?? NaN;
      const slope = distance === 0 ? 0 : ((further[i] ?? NaN) - (value[i] ?? NaN)) / distance;
      const pull = distance === 0 ? 0 : (2 * weight * slope) / distance;
      value[i] = (value[i] ?? NaN) + weight * slope * slope;
      for (let k = i * width; k < (i + 1) * width; k++) {
        byClean[k] = (1 - pull) * (byClean[k] ?? NaN);
        byPerturbed[k] = pull * (byPerturbed[k] ?? NaN);
      }
    }
    return { value, byClean, byPerturbed };
  };
}
