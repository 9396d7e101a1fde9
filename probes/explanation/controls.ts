import { row, type Tensor } from '#base/tensor';
import type { Rng } from '#stats/random';
import { linearTarget } from '#target/linear';
import { integratedGradients, type Attribution } from './methods/integrated-gradients.js';
import { isComplete } from './refinement.js';

/** The auditor audits itself (XP-META): what has to pass, and what has to fail, in the same cell. */
export interface PositiveControl {
  /** Largest difference of an attribution from its closed form, in units of the largest attribution. */
  readonly error: number;
  readonly complete: boolean;
}

const SIZE = 16;

/** A linear model, whose attributions are (x - x') w exactly: the method has to find them, and they have to add up. */
export async function linearControl(steps: number, source: Rng): Promise<PositiveControl> {
  const weights = Float64Array.from({ length: SIZE }, () => source.normal());
  const draw = () => Float32Array.from({ length: SIZE }, () => source.uniform());
  const sample: Tensor = { shape: [1, SIZE], data: draw() };
  const baseline = draw();
  const model = linearTarget([weights], [source.normal()], { head: { kind: 'binary' }, shape: [SIZE] });
  const found = await integratedGradients(model, sample, baseline, 0, steps);
  const exact = weights.map((weight, i) => weight * ((row(sample, 0)[i] ?? NaN) - (baseline[i] ?? NaN)));
  const largest = exact.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const error = found.map.reduce((most, value, i) => Math.max(most, Math.abs(value - (exact[i] ?? NaN))), 0);
  return { error: error / largest, complete: isComplete(found) };
}

/** Gradients are float32: weights rounded once. */
export const CLOSED_FORM_TOLERANCE = 1e-6;

/** Explainers that explain nothing, of the size of the real attribution: whether the check takes them for complete. */
export interface NegativeControls {
  readonly random: boolean;
  readonly constant: boolean;
}

/**
 * A random map and a constant one, held against the same difference of scores as the real map. A check that passes them
 * tells nothing; so it does where a model does not depend on its input, for there every map of zeros adds up.
 */
export function negativeControls({ map, difference }: Attribution, source: Rng): NegativeControls {
  const sizes = map.map(Math.abs);
  const largest = sizes.reduce((most, size) => Math.max(most, size), 0);
  const mean = sizes.reduce((sum, size) => sum + size, 0) / map.length;
  const random = map.reduce((sum) => sum + mean * source.normal(), 0);
  // Its sum is the difference only where all attributions are equal.
  const constant = largest * map.length;
  return {
    random: isComplete({ residual: random - difference, difference }),
    constant: isComplete({ residual: constant - difference, difference }),
  };
}
