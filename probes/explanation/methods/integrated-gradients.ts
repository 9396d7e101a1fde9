import { row, rowRange, rowsOf, zeros, type Tensor } from '#base/tensor';
import type { LossSpec } from '#engine/index';
import { gaussLegendre } from './quadrature.js';

/** Gradients of one score of each sample: all that the method asks of a model. */
export interface ScoreModel {
  gradient(inputs: Tensor, loss: LossSpec): Promise<{ readonly gradient: Tensor; readonly loss: Float32Array }>;
}

export interface Attribution {
  /** (x - x') times the mean gradient along the way from x' to x: one value an input value. */
  readonly map: Float64Array;
  /** F(x) - F(x'). */
  readonly difference: number;
  /** Sum of the map minus the difference: zero when the integral is exact. */
  readonly residual: number;
}

/** At most so many values are in one batch. */
const BATCH_VALUES = 2 ** 22;

/**
 * Integrated gradients of one sample (Sundararajan, Taly & Yan 2017, arXiv:1703.01365, equation 1), the path integral
 * by Gauss-Legendre quadrature with `steps` nodes, sums in double precision. The nodes lie within (0, 1), so a gradient
 * that is not defined at the baseline itself, such as that of ReLU at zero, is never asked for.
 *
 * @param sample [1, ...shape]
 * @param baseline as many values as the sample
 * @param score the index of the score that is explained
 */
export async function integratedGradients(
  model: ScoreModel,
  sample: Tensor,
  baseline: Float32Array,
  score: number,
  steps: number,
): Promise<Attribution> {
  const { nodes, weights } = gaussLegendre(steps);
  const x = row(sample, 0);
  // The two ends of the way have no weight: they are there for their scores.
  const path = pathOf(sample, baseline, [...nodes, 1, 0]);
  const mean = new Float64Array(x.length);
  const scores: number[] = [];
  const size = Math.max(1, Math.floor(BATCH_VALUES / x.length));
  for (let start = 0; start < rowsOf(path); start += size) {
    const part = rowRange(path, start, Math.min(start + size, rowsOf(path)));
    const labels = new Float64Array(rowsOf(part)).fill(score);
    const { gradient, loss } = await model.gradient(part, { kind: 'score', labels });
    scores.push(...loss);
    loss.forEach((_, i) => addScaled(mean, row(gradient, i), weights[start + i] ?? 0));
  }
  const map = mean.map((value, j) => value * ((x[j] ?? NaN) - (baseline[j] ?? NaN)));
  const difference = (scores[steps] ?? NaN) - (scores[steps + 1] ?? NaN);
  return { map, difference, residual: sumOf(map) - difference };
}

export function sumOf(map: Float64Array): number {
  return map.reduce((sum, value) => sum + value, 0);
}

/** x' + alpha (x - x'), for each alpha. */
function pathOf(sample: Tensor, baseline: Float32Array, alphas: readonly number[]): Tensor {
  const x = row(sample, 0);
  const path = zeros([alphas.length, ...sample.shape.slice(1)]);
  alphas.forEach((alpha, i) => {
    const point = row(path, i);
    for (let j = 0; j < x.length; j++) {
      const from = baseline[j] ?? NaN;
      point[j] = from + alpha * ((x[j] ?? NaN) - from);
    }
  });
  return path;
}

function addScaled(sum: Float64Array, values: Float32Array, scale: number): void {
  if (scale === 0) return;
  for (let j = 0; j < sum.length; j++) sum[j] = (sum[j] ?? 0) + scale * (values[j] ?? NaN);
}
