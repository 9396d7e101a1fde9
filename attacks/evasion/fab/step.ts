import type { ConvexNorm } from '../geometry/norms.js';
import { hyperplaneProjection, type Bounds } from './hyperplane.js';

const { max, min } = Math;

/** How a walk is made. */
export interface Gait {
  /** The largest share of the step towards the projection of the original. */
  readonly alphaMax: number;
  /** How far a step goes, as a multiple of the way to the boundary. */
  readonly eta: number;
  /** What remains of the way from the original once a walk has crossed. */
  readonly beta: number;
}

/** The boundary of one sample as it looks from its present point. */
export interface Tangent {
  readonly value: number;
  readonly slope: Float32Array;
}

export type Step = (
  point: Float32Array,
  original: Float32Array,
  tangent: Tangent,
  bounds: Bounds,
  into: Float32Array,
) => void;

/** Projections of no size are taken for this long: the authors' constant. */
const LEAST_SIZE = 1e-8;

/**
 * One step of FAB (Croce & Hein 2020, arXiv:1907.02044, algorithm 1): with the projections d1 of the point
 * and d2 of the original onto the boundary within the bounds, and alpha = min(|d1| / (|d1| + |d2|), alpha_max),
 * x' = clip((x + eta d1)(1 - alpha) + (x0 + eta d2) alpha).
 *
 * @param size values of a sample
 */
export function fabStep(norm: ConvexNorm, size: number, { alphaMax, eta }: Gait): Step {
  const project = hyperplaneProjection(norm, size);
  const [fromPoint, fromOriginal] = [new Float64Array(size), new Float64Array(size)];
  return (point, original, { value, slope }, bounds, into) => {
    const first = max(project(point, slope, value, bounds, fromPoint), LEAST_SIZE);
    const there = valueAt(original, point, value, slope);
    const second = max(project(original, slope, there, bounds, fromOriginal), LEAST_SIZE);
    const alpha = min(first / (first + second), alphaMax);
    const { low, high } = bounds;
    for (let i = 0; i < into.length; i++) {
      const ahead = (point[i] ?? NaN) + eta * (fromPoint[i] ?? NaN);
      const anchored = (original[i] ?? NaN) + eta * (fromOriginal[i] ?? NaN);
      into[i] = min(max(ahead * (1 - alpha) + anchored * alpha, low[i] ?? NaN), high[i] ?? NaN);
    }
  };
}

/** The linear function at another point: from the difference, which loses no digits. */
function valueAt(other: Float32Array, point: Float32Array, value: number, slope: Float32Array): number {
  let sum = value;
  for (let i = 0; i < slope.length; i++) sum += (slope[i] ?? NaN) * ((other[i] ?? NaN) - (point[i] ?? NaN));
  return sum;
}

/** Writes x0 + beta (x - x0) over x. */
export function pullBack(point: Float32Array, original: Float32Array, { beta }: Gait): void {
  for (let i = 0; i < point.length; i++) {
    const origin = original[i] ?? NaN;
    point[i] = origin + beta * ((point[i] ?? NaN) - origin);
  }
}
