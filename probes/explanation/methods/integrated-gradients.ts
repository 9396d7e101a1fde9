import { row, rowsOf, type Tensor } from '#base/tensor';
import type { LossSpec } from '#engine/index';
import { gaussLegendre } from './quadrature.js';

/** Gradients of one score of each sample: all that the method asks of a model. */
export interface ScoreModel {
  gradient(inputs: Tensor, loss: LossSpec): Promise<{ readonly gradient: Tensor; readonly loss: Float32Array }>;
}

export interface Attribution {
  /** (x - x') times the mean gradient along the way from x' to x: one value an input value. */
  readonly map: Float32Array;
  /** F(x) - F(x'). */
  readonly difference: number;
  /** Sum of the map minus the difference: zero when the integral is exact. */
  readonly residual: number;
}

/**
 * Integrated gradients of one sample (Sundararajan, Taly & Yan 2017, arXiv:1703.01365, equation 1), the path integral
 * by Gauss-Legendre quadrature with `steps` nodes, sums in double precision.
 *
 * @param sample [1, ...shape]
 * @param baseline one value, everywhere
 * @param score the index of the score that is explained
 */
export async function integratedGradients(
  model: ScoreModel,
  sample: Tensor,
  baseline: number,
  score: number,
  steps: number,
): Promise<Attribution> {
  const { nodes, weights } = gaussLegendre(steps);
  const x = row(sample, 0);
  const path: Tensor = { shape: [steps + 2, ...sample.shape.slice(1)], data: new Float32Array((steps + 2) * x.length) };
  [...nodes, 1, 0].forEach((alpha, i) => {
    row(path, i).set(x.map((value) => baseline + alpha * (value - baseline)));
  });
  const labels = new Float64Array(rowsOf(path)).fill(score);
  const { gradient, loss } = await model.gradient(path, { kind: 'score', labels });
  const mean = new Float64Array(x.length);
  weights.forEach((weight, i) => {
    row(gradient, i).forEach((value, j) => (mean[j] = (mean[j] ?? 0) + weight * value));
  });
  const map = Float64Array.from(mean, (value, j) => value * ((x[j] ?? 0) - baseline));
  const difference = (loss[steps] ?? NaN) - (loss[steps + 1] ?? NaN);
  const residual = map.reduce((sum, value) => sum + value, 0) - difference;
  return { map: Float32Array.from(map), difference, residual };
}
