import { row, rowSize, rowsOf, type Tensor } from '#base/tensor';
import { baselineAt, baselinesOfAll, residualsOf, type PathAttributions } from './integrated-gradients.js';
import { scoresAt, visitGradients, type ScoreModel } from './score-model.js';

export interface Guidance {
  /** Gradients along the whole way; as many in each segment, one at least. */
  readonly steps: number;
  /** Share of the values that move at a time, those with the least gradients: in (0, 1]. At 1 the way is straight. */
  readonly fraction: number;
  /** Points on the straight line through which the way has to pass, 0 or more. */
  readonly anchors: number;
}

/** One stretch of the way, between two anchors: where it is, where it ends and what is left of it, in L1. */
interface Segment {
  readonly sample: number;
  readonly point: Float64Array;
  readonly end: Float64Array;
  readonly length: number;
}

/**
 * Guided integrated gradients (Kapishnikov et al. 2021, arXiv:2106.09788): from the baseline to
 * the sample along a way on which at every step only those values move whose partial derivatives are the least. Anchors
 * divide the straight line into equal segments, and the way through each is found on its own, so that those of all samples
 * go through the model together. As published the gradient of a step is that where it begins; the attributions add up
 * to F(x) - F(x') in the limit of many steps.
 *
 * @param inputs [n, ...shape]
 * @param baselines one for all, [1, ...shape], or one a sample
 * @param scores the index of the score that is explained, one a sample
 */
export async function guidedIntegratedGradients(
  model: ScoreModel,
  inputs: Tensor,
  baselines: Tensor,
  scores: ArrayLike<number>,
  { steps, fraction, anchors }: Guidance,
): Promise<PathAttributions> {
  const size = rowSize(inputs);
  const segments = segmentsOf(inputs, baselines, anchors);
  const values = new Float64Array(rowsOf(inputs) * size);
  const each = Math.max(1, Math.ceil(steps / (anchors + 1)));
  const points = {
    shape: inputs.shape.slice(1),
    count: segments.length,
    write: (index: number, into: Float32Array) => into.set(segments[index]?.point ?? []),
    scoreAt: (index: number) => scores[segments[index]?.sample ?? -1] ?? NaN,
  };
  for (let step = 1; step <= each; step++) {
    await visitGradients(model, points, (index, gradient) => {
      const segment = segments[index];
      if (segment === undefined) return;
      const sums = values.subarray(segment.sample * size, (segment.sample + 1) * size);
      advance(segment, gradient, segment.length * (1 - step / each), fraction, sums);
    });
  }
  const own = Float64Array.from(scores);
  const ends = await scoresAt(model, inputs, own);
  const starts = await scoresAt(model, baselinesOfAll(inputs, baselines), own);
  const differences = ends.map((score, i) => score - (starts[i] ?? NaN));
  return { shape: inputs.shape, values, differences, residuals: residualsOf(values, differences) };
}

function segmentsOf(inputs: Tensor, baselines: Tensor, anchors: number): Segment[] {
  return Array.from({ length: rowsOf(inputs) }, (_, sample) => {
    const x = row(inputs, sample);
    const baseline = baselineAt(baselines, sample);
    const anchor = (k: number) =>
      Float64Array.from(x, (value, j) => mixed(baseline[j] ?? NaN, value, k / (anchors + 1)));
    return Array.from({ length: anchors + 1 }, (__, k): Segment => {
      const [point, end] = [anchor(k), anchor(k + 1)];
      return { sample, point, end, length: distance(point, end) };
    });
  }).flat();
}

/** Both ends are met exactly. */
function mixed(from: number, to: number, alpha: number): number {
  return alpha === 1 ? to : from + alpha * (to - from);
}

function distance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += Math.abs((a[j] ?? NaN) - (b[j] ?? NaN));
  return sum;
}

/**
 * One step: values with the least gradients go to the segment's end, a share of all at a time, until what is left of the
 * segment is the target. The last share goes as far as it has to. Adds to the sums what the moves are worth.
 */
function advance(
  { point, end, length }: Segment,
  gradient: Float32Array,
  target: number,
  fraction: number,
  sums: Float64Array,
): void {
  const ranks = remainingGradients(point, end, gradient);
  const share = Math.floor(fraction * (point.length - 1));
  let left = distance(point, end);
  for (let start = 0; start < ranks.length && left - target > length * ROUNDING;) {
    const threshold = ranks[Math.min(start + share, ranks.length - 1)] ?? NaN;
    const reach = reachable(point, end, gradient, threshold);
    const ratio = Math.min(1, (left - target) / reach);
    move(point, end, gradient, { threshold, ratio }, sums);
    left -= ratio * reach;
    start += share + 1;
    while ((ranks[start] ?? Infinity) <= threshold) start++;
  }
}

/** What is left of a segment is a sum of doubles. */
const ROUNDING = 1e-12;

/** Sizes of the gradients of the values that have not reached the end, in ascending order. */
function remainingGradients(point: Float64Array, end: Float64Array, gradient: Float32Array): Float64Array {
  const sizes = new Float64Array(point.length);
  let count = 0;
  for (let j = 0; j < point.length; j++) {
    if (point[j] !== end[j]) sizes[count++] = Math.abs(gradient[j] ?? NaN);
  }
  return sizes.subarray(0, count).sort();
}

/** How far the values whose gradients are at most the threshold are from the end, together. */
function reachable(point: Float64Array, end: Float64Array, gradient: Float32Array, threshold: number): number {
  let sum = 0;
  for (let j = 0; j < point.length; j++) {
    if (Math.abs(gradient[j] ?? NaN) <= threshold) sum += Math.abs((end[j] ?? NaN) - (point[j] ?? NaN));
  }
  return sum;
}

function move(
  point: Float64Array,
  end: Float64Array,
  gradient: Float32Array,
  { threshold, ratio }: { readonly threshold: number; readonly ratio: number },
  sums: Float64Array,
): void {
  for (let j = 0; j < point.length; j++) {
    const slope = gradient[j] ?? NaN;
    if (Math.abs(slope) > threshold) continue;
    const before = point[j] ?? NaN;
    const after = mixed(before, end[j] ?? NaN, ratio);
    point[j] = after;
    sums[j] = (sums[j] ?? NaN) + (after - before) * slope;
  }
}
