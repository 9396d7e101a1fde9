import { row, rowSize, rowsOf, type Tensor } from '#base/tensor';
import type { Attributions } from './attributions.js';
import { gaussLegendre } from './quadrature.js';
import { visitGradients, type ScoreModel } from './score-model.js';

/** Attributions that add up to a difference of scores, F(x) - F(x'), but for the error of their integral. */
export interface PathAttributions extends Attributions {
  /** F(x) - F(x') of each sample. */
  readonly differences: Float64Array;
  /** The sum of each sample's attributions minus its difference: zero when the integral is exact. */
  readonly residuals: Float64Array;
}

export interface IntegratedGradients extends PathAttributions {
  /** The mean gradient along the way, in the shape of the values: attributions without the factor x - x'. */
  readonly slopes: Float64Array;
}

/**
 * Integrated gradients of many samples (Sundararajan, Taly & Yan 2017, arXiv:1703.01365, equation 1), the path integral
 * by Gauss-Legendre quadrature with `steps` nodes, sums in double precision. The nodes lie within (0, 1), so a gradient
 * that is not defined at the baseline itself, such as that of ReLU at zero, is never asked for. Batches are full of points
 * of several samples; a sample's attributions do not depend on the others.
 *
 * @param inputs [n, ...shape]
 * @param baselines one for all, [1, ...shape], or one a sample
 * @param scores the index of the score that is explained, one a sample
 */
export async function integratedGradientsOf(
  model: ScoreModel,
  inputs: Tensor,
  baselines: Tensor,
  scores: ArrayLike<number>,
  steps: number,
): Promise<IntegratedGradients> {
  const { nodes, weights } = gaussLegendre(steps);
  // The two ends of the way have no weight: they are there for their scores.
  const alphas = Float64Array.of(...nodes, 1, 0);
  const stride = alphas.length;
  const n = rowsOf(inputs);
  const size = rowSize(inputs);
  const slopes = new Float64Array(n * size);
  const differences = new Float64Array(n);
  const points = {
    shape: inputs.shape.slice(1),
    count: n * stride,
    write: (index: number, into: Float32Array) => {
      const i = Math.floor(index / stride);
      between(into, baselineAt(baselines, i), row(inputs, i), alphas[index % stride] ?? NaN);
    },
    scoreAt: (index: number) => scores[Math.floor(index / stride)] ?? NaN,
  };
  await visitGradients(model, points, (index, gradient, score) => {
    const i = Math.floor(index / stride);
    const at = index % stride;
    if (at < steps) addScaled(slopes, i * size, gradient, weights[at] ?? NaN);
    else differences[i] = (differences[i] ?? NaN) + (at === steps ? score : -score);
  });
  const values = timesDifference(slopes, inputs, baselines);
  return { shape: inputs.shape, values, slopes, differences, residuals: residualsOf(values, differences) };
}

/** Integrated gradients of one sample. */
export interface Attribution {
  /** (x - x') times the mean gradient along the way from x' to x: one value an input value. */
  readonly map: Float64Array;
  /** F(x) - F(x'). */
  readonly difference: number;
  /** Sum of the map minus the difference: zero when the integral is exact. */
  readonly residual: number;
}

/**
 * {@link integratedGradientsOf} of one sample.
 *
 * @param sample [1, ...shape]
 * @param baseline as many values as the sample
 */
export async function integratedGradients(
  model: ScoreModel,
  sample: Tensor,
  baseline: Float32Array,
  score: number,
  steps: number,
): Promise<Attribution> {
  const baselines = { shape: sample.shape, data: baseline };
  const { values, differences, residuals } = await integratedGradientsOf(model, sample, baselines, [score], steps);
  return { map: values, difference: differences[0] ?? NaN, residual: residuals[0] ?? NaN };
}

export function sumOf(map: Float64Array): number {
  return map.reduce((sum, value) => sum + value, 0);
}

/** What each sample's attributions add up to beyond its difference. */
export function residualsOf(values: Float64Array, differences: Float64Array): Float64Array {
  const size = values.length / differences.length;
  return differences.map((difference, i) => sumOf(values.subarray(i * size, (i + 1) * size)) - difference);
}

/** The baseline of a sample: its own, or the one of all. */
export function baselineAt(baselines: Tensor, index: number): Float32Array {
  return row(baselines, rowsOf(baselines) === 1 ? 0 : index);
}

/** One baseline a sample. */
export function baselinesOfAll(inputs: Tensor, baselines: Tensor): Tensor {
  const data = new Float32Array(inputs.data.length);
  const size = rowSize(inputs);
  for (let i = 0; i < rowsOf(inputs); i++) data.set(baselineAt(baselines, i), i * size);
  return { shape: inputs.shape, data };
}

/** x' + alpha (x - x') */
export function between(into: Float32Array, from: Float32Array, to: Float32Array, alpha: number): void {
  for (let j = 0; j < into.length; j++) {
    const start = from[j] ?? NaN;
    into[j] = start + alpha * ((to[j] ?? NaN) - start);
  }
}

function addScaled(sums: Float64Array, offset: number, values: Float32Array, scale: number): void {
  for (let j = 0; j < values.length; j++) sums[offset + j] = (sums[offset + j] ?? NaN) + scale * (values[j] ?? NaN);
}

function timesDifference(slopes: Float64Array, inputs: Tensor, baselines: Tensor): Float64Array {
  const size = rowSize(inputs);
  const values = new Float64Array(slopes.length);
  for (let i = 0; i < rowsOf(inputs); i++) {
    const baseline = baselineAt(baselines, i);
    for (let j = 0, at = i * size; j < size; j++, at++) {
      values[at] = (slopes[at] ?? NaN) * ((inputs.data[at] ?? NaN) - (baseline[j] ?? NaN));
    }
  }
  return values;
}
