import { rng } from '../src/stats/random.js';
import { kernelCoalitions } from '../probes/explanation/methods/coalitions/kernel-coalitions.js';
import { kernelRegression, kernelShap } from '../probes/explanation/methods/coalitions/kernel-shap.js';
import type { KnownGame } from './coalition-games.js';

export interface Coverage {
  /** The share of all pairs of trial and player in which the value is within 1.96 of its standard errors of the truth. */
  readonly within: number;
  readonly smallestError: number;
  /** The root of the mean square of standard errors by that of what they speak of. */
  readonly ratio: number;
}

/** How often KernelSHAP is as near to the truth as it says. */
export async function coverageOf(game: KnownGame, budget: number, paired: boolean, trials: number): Promise<Coverage> {
  let within = 0;
  let smallestError = Infinity;
  let [stated, found] = [0, 0];
  for (let trial = 0; trial < trials; trial++) {
    const coalitions = kernelCoalitions(game.players, budget, paired, rng(`trial ${trial}`));
    const { values, standardErrors } = await kernelShap(game, kernelRegression(coalitions));
    values.forEach((value, i) => {
      const difference = value - (game.shapley[i] ?? NaN);
      const error = standardErrors[i] ?? NaN;
      if (Math.abs(difference) <= 1.96 * error) within++;
      smallestError = Math.min(smallestError, error);
      stated += error * error;
      found += difference * difference;
    });
  }
  return { within: within / (trials * game.players), smallestError, ratio: Math.sqrt(stated / found) };
}
