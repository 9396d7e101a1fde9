import type { Rng } from '#stats/random';
import { steepestAscent, type CanMove } from './ascent.js';
import { clamped, roundDown, roundToward, roundUp, withinFloat32 } from './float32.js';
import { projectOntoL1BallAndBox } from './l1-projection.js';
import type { ConvexNorm, Norm } from './norms.js';
import type { Box } from './space.js';

// Projections run for every value of every iterate: what is global is looked up once.
const { max, min, sqrt } = Math;
const asNumber = Number;

/** What an attack may turn one input into: all within epsilon of it that is a legal input. */
export interface Ball {
  readonly center: Float32Array;
  /**
   * Writes a point of ball and box close to the candidate: first into the ball, then clipped to the box. Linf: the
   * nearest. L2: rescaled, then clipped, which is in both but not always nearest. L1 and L0: the nearest, exactly. Rounded
   * to float32 towards the center, so that neither bound is passed by rounding.
   */
  project(candidate: Float64Array, into: Float32Array): void;
  /** Writes the projection of point + size x steepest ascent; the point itself may be written over. */
  step(point: Float32Array, gradient: Float32Array, size: number, into: Float32Array, canMove?: CanMove): void;
}

/** A center that lies outside of the box is left where it is, never moved further out. */
export function ballAround(center: Float32Array, epsilon: number, norm: Norm, box: Box): Ball {
  const bounds = boundsAround(center, box);
  switch (norm) {
    case 'Linf':
      return linfBall(center, epsilon, bounds);
    case 'L2':
      return l2Ball(center, epsilon, bounds);
    case 'L1':
      return l1Ball(center, epsilon, bounds);
    case 'L0':
      return l0Ball(center, epsilon, bounds);
  }
}

type Bounds = Pick<Box, 'low' | 'high'>;

/** What nobody can change has no room around it. */
function boundsAround(center: Float32Array, { low, high, immutable }: Box): Bounds {
  if (immutable.size === 0) return { low, high };
  const held = (bounds: Float64Array): Float64Array =>
    bounds.map((bound, i) => (immutable.has(i) ? (center[i] ?? NaN) : bound));
  return { low: held(low), high: held(high) };
}

function linfBall(center: Float32Array, epsilon: number, { low, high }: Bounds): Ball {
  const least = center.map((value, i) => min(roundUp(max(value - epsilon, low[i] ?? NaN)), value));
  const most = center.map((value, i) => max(roundDown(min(value + epsilon, high[i] ?? NaN)), value));
  return {
    center,
    project(candidate, into) {
      for (let i = 0; i < into.length; i++) {
        into[i] = min(max(candidate[i] ?? NaN, least[i] ?? NaN), most[i] ?? NaN);
      }
    },
    step(point, gradient, size, into) {
      signedStep(point, gradient, size, least, most, into);
    },
  };
}

/**
 * A step and its projection in one pass without branches: beside the gradients of a small model this is what an attack
 * costs, and neither signs nor bounds are predictable (measured: 7 ns a value, 12 with branches, 17 with min and max).
 */
function signedStep(
  point: Float32Array,
  gradient: Float32Array,
  size: number,
  least: Float32Array,
  most: Float32Array,
  into: Float32Array,
): void {
  for (let i = 0; i < into.length; i++) {
    const slope = gradient[i] ?? NaN;
    const value = (point[i] ?? NaN) + size * (asNumber(slope > 0) - asNumber(slope < 0));
    into[i] = clamped(value, least[i] ?? NaN, most[i] ?? NaN);
  }
}

/** The step as it is defined: along steepest ascent, then projected. */
function stepBy(norm: Norm, project: Ball['project']): Ball['step'] {
  return (point, gradient, size, into, canMove) => {
    const candidate = steepestAscent(norm, gradient, canMove);
    for (let i = 0; i < candidate.length; i++) candidate[i] = (point[i] ?? NaN) + size * (candidate[i] ?? NaN);
    project(candidate, into);
  };
}

function l2Ball(center: Float32Array, epsilon: number, { low, high }: Bounds): Ball {
  const least = center.map((value, i) => min(withinFloat32(roundUp(low[i] ?? NaN)), value));
  const most = center.map((value, i) => max(withinFloat32(roundDown(high[i] ?? NaN)), value));
  const project: Ball['project'] = (candidate, into) => {
    const length = sqrt(squaredDistance(candidate, center));
    const scale = length > epsilon ? epsilon / length : 1;
    for (let i = 0; i < into.length; i++) {
      const origin = center[i] ?? NaN;
      const value = origin + scale * ((candidate[i] ?? NaN) - origin);
      into[i] = roundToward(min(max(value, least[i] ?? NaN), most[i] ?? NaN), origin);
    }
  };
  return {
    center,
    project,
    // As `stepBy` has it, without an array in between.
    step(point, gradient, size, into) {
      const { offsets, slopes, products } = sumsOver(point, center, gradient);
      if (!(slopes > 0 && slopes < Infinity)) {
        project(Float64Array.from(point), into);
        return;
      }
      const pace = size / sqrt(slopes);
      // |offset + pace slope|^2
      const squares = offsets + pace * (2 * products + pace * slopes);
      const scale = squares > epsilon * epsilon ? epsilon / sqrt(squares) : 1;
      scaledStep(point, gradient, pace, scale, center, least, most, into);
    },
  };
}

// Functions of their own, as `signedStep` is: the arrays that a closure holds are looked up anew for each value.

/** Squares of the offsets from the center and of the slopes, and the products of both, added up. */
function sumsOver(point: Float32Array, center: Float32Array, gradient: Float32Array) {
  let offsets = 0;
  let slopes = 0;
  let products = 0;
  for (let i = 0; i < point.length; i++) {
    const offset = (point[i] ?? NaN) - (center[i] ?? NaN);
    const slope = gradient[i] ?? NaN;
    offsets += offset * offset;
    slopes += slope * slope;
    products += offset * slope;
  }
  return { offsets, slopes, products };
}

function scaledStep(
  point: Float32Array,
  gradient: Float32Array,
  pace: number,
  scale: number,
  center: Float32Array,
  least: Float32Array,
  most: Float32Array,
  into: Float32Array,
): void {
  for (let i = 0; i < into.length; i++) {
    const origin = center[i] ?? NaN;
    const value = origin + scale * ((point[i] ?? NaN) - origin + pace * (gradient[i] ?? NaN));
    into[i] = roundToward(min(max(value, least[i] ?? NaN), most[i] ?? NaN), origin);
  }
}

function l1Ball(center: Float32Array, epsilon: number, { low, high }: Bounds): Ball {
  const above = Float64Array.from(center, (value, i) => max((high[i] ?? NaN) - value, 0));
  const below = Float64Array.from(center, (value, i) => max(value - (low[i] ?? NaN), 0));
  const offset = new Float64Array(center.length);
  const project: Ball['project'] = (candidate, into) => {
    for (let i = 0; i < into.length; i++) offset[i] = (candidate[i] ?? NaN) - (center[i] ?? NaN);
    projectOntoL1BallAndBox(offset, epsilon, above, below);
    for (let i = 0; i < into.length; i++) {
      const origin = center[i] ?? NaN;
      into[i] = roundToward(origin + (offset[i] ?? NaN), origin);
    }
  };
  return { center, project, step: stepBy('L1', project) };
}

/**
 * At most epsilon values differ from the center: those whose change brings the candidate nearest, each at its nearest
 * legal value (Croce & Hein 2019, "Sparse and Imperceivable Adversarial Attacks", arXiv:1909.05040, section 4.1).
 */
function l0Ball(center: Float32Array, epsilon: number, { low, high }: Bounds): Ball {
  const clipped = new Float64Array(center.length);
  const gains = new Float64Array(center.length);
  const project: Ball['project'] = (candidate, into) => {
    for (let i = 0; i < into.length; i++) {
      const origin = center[i] ?? NaN;
      const value = candidate[i] ?? NaN;
      const nearest = min(max(value, min(low[i] ?? NaN, origin)), max(high[i] ?? NaN, origin));
      clipped[i] = nearest;
      gains[i] = (value - origin) ** 2 - (value - nearest) ** 2;
    }
    into.set(center);
    for (const i of largestOf(gains, epsilon)) into[i] = roundToward(clipped[i] ?? NaN, center[i] ?? NaN);
  };
  return { center, project, step: stepBy('L0', project) };
}

/** Positions of the largest values above zero, at most `count`; of equal ones the first. */
function largestOf(values: Float64Array, count: number): readonly number[] {
  const positions = [...values.keys()].filter((i) => (values[i] ?? 0) > 0);
  return positions.sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b).slice(0, Math.floor(count));
}

function squaredDistance(a: Float64Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] ?? NaN) - (b[i] ?? NaN)) ** 2;
  return sum;
}

/**
 * A point drawn uniformly from the ball around the center, before it is clipped to the box. L0: at most epsilon values,
 * drawn without repetition, each anywhere in its range.
 */
export function drawFromBall(center: Float32Array, epsilon: number, norm: Norm, box: Box, source: Rng): Float64Array {
  if (norm === 'L0') return drawSparse(center, epsilon, box, source);
  const offset = unitOffset(norm, center.length, source);
  return offset.map((value, i) => (center[i] ?? NaN) + epsilon * value);
}

function drawSparse(center: Float32Array, epsilon: number, { low, high }: Box, source: Rng): Float64Array {
  const point = Float64Array.from(center);
  for (const i of distinct(Math.min(Math.floor(epsilon), center.length), center.length, source)) {
    point[i] = (low[i] ?? NaN) + source.uniform() * ((high[i] ?? NaN) - (low[i] ?? NaN));
  }
  return point;
}

/** `count` of the numbers 0 to n - 1, each subset as likely as the others (Bentley & Floyd 1987, "A sample of brilliance"). */
function distinct(count: number, n: number, source: Rng): ReadonlySet<number> {
  const drawn = new Set<number>();
  for (let last = n - count; last < n; last++) {
    const candidate = source.integer(last + 1);
    drawn.add(drawn.has(candidate) ? last : candidate);
  }
  return drawn;
}

/** A point drawn uniformly from the unit ball of a norm. */
function unitOffset(norm: ConvexNorm, dimensions: number, source: Rng): Float64Array {
  switch (norm) {
    case 'Linf':
      return new Float64Array(dimensions).map(() => 2 * source.uniform() - 1);
    case 'L2': {
      const direction = new Float64Array(dimensions).map(() => source.normal());
      const length = sqrt(direction.reduce((sum, value) => sum + value * value, 0));
      const radius = source.uniform() ** (1 / dimensions);
      return direction.map((value) => (value * radius) / length);
    }
    case 'L1': {
      // Spacings of uniform order statistics: d of d + 1 exponentials over their sum are uniform in the simplex.
      const sizes = new Float64Array(dimensions).map(() => -Math.log(source.uniform()));
      const total = sizes.reduce((sum, size) => sum + size, -Math.log(source.uniform()));
      return sizes.map((size) => (source.uniform() < 0.5 ? -size : size) / total);
    }
  }
}
