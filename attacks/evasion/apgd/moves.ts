import type { Ball } from '../geometry/ball.js';
import { roundToward } from '../geometry/float32.js';
import { kthLargest } from './kth-largest.js';

// These loops run for every value of every iterate: what is global is looked up once.
const { abs, max, min, sqrt } = Math;
const { isFinite } = Number;
const asNumber = Number;

/** The lowest and the highest value that each position may have. */
export interface Corners {
  readonly least: Float32Array;
  readonly most: Float32Array;
}

/**
 * The iterate after `point`, written over the one before it: z = P(x + size sign(g)), then P(x + a (z - x) + (1 - a)(x -
 * previous)), where P clips to the corners (Croce & Hein 2020, algorithm 1), in one pass without branches.
 *
 * @param share a, the part of the way to z that is taken
 */
export function moveInLinf(
  point: Float32Array,
  previous: Float32Array,
  gradient: Float32Array,
  size: number,
  share: number,
  { least, most }: Corners,
): void {
  const inertia = 1 - share;
  for (let i = 0; i < point.length; i++) {
    const here = point[i] ?? NaN;
    const slope = gradient[i] ?? NaN;
    const low = least[i] ?? NaN;
    const high = most[i] ?? NaN;
    const ahead = min(max(here + size * (asNumber(slope > 0) - asNumber(slope < 0)), low), high);
    const next = here + share * (ahead - here) + inertia * (here - (previous[i] ?? NaN));
    previous[i] = min(max(next, low), high);
  }
}

/**
 * So much closer than the border of an L2 ball a point is put, as a share of the radius: then rounding to float32 hardly
 * ever leads out again, and has to be done towards the center, which costs more than all the rest, next to never.
 */
const HAIR = 1e-7;

/** What a move in L2 needs besides the points: the ball, its box, and room for one point in double precision. */
export interface RoundBall {
  readonly center: Float32Array;
  readonly epsilon: number;
  readonly box: Corners;
  readonly room: Float64Array;
}

/**
 * The same with the steepest direction of L2, g / |g|, where P scales into the ball and then clips to the box.
 *
 * The authors add 1e-12 to every length that they divide by. Here it is zero alone that gives no direction, so that
 * gradients which are tiny, as those of cross-entropy on a model that is very sure, are followed all the same.
 *
 * @param gradient set to zero where it gives no direction
 */
export function moveInL2(
  point: Float32Array,
  previous: Float32Array,
  gradient: Float32Array,
  size: number,
  share: number,
  ball: RoundBall,
): void {
  const { center, epsilon, room } = ball;
  const { least, most } = ball.box;
  const inertia = 1 - share;
  const { step, scale } = stepAndScale(center, point, gradient, size, epsilon);
  let squares = 0;
  for (let i = 0; i < point.length; i++) {
    const origin = center[i] ?? NaN;
    const here = point[i] ?? NaN;
    const inBall = origin + scale * (here - origin + step * (gradient[i] ?? NaN));
    const ahead = min(max(inBall, least[i] ?? NaN), most[i] ?? NaN);
    const next = here + share * (ahead - here) + inertia * (here - (previous[i] ?? NaN));
    room[i] = next;
    squares += (next - origin) ** 2;
  }
  const length = sqrt(squares);
  const shrink = length > epsilon ? ((1 - HAIR) * epsilon) / length : 1;
  let rounded = 0;
  for (let i = 0; i < point.length; i++) {
    const origin = center[i] ?? NaN;
    const inBall = origin + shrink * ((room[i] ?? NaN) - origin);
    const inBox = min(max(inBall, least[i] ?? NaN), most[i] ?? NaN);
    room[i] = inBox;
    previous[i] = inBox;
    rounded += ((previous[i] ?? NaN) - origin) ** 2;
  }
  if (rounded <= epsilon * epsilon) return;
  for (let i = 0; i < point.length; i++) previous[i] = roundToward(room[i] ?? NaN, center[i] ?? NaN);
}

/** By what the gradient is multiplied to be of length `size`, and by what an offset so far to be within the ball. */
function stepAndScale(
  center: Float32Array,
  point: Float32Array,
  gradient: Float32Array,
  size: number,
  epsilon: number,
): { readonly step: number; readonly scale: number } {
  let slopes = 0;
  let along = 0;
  let offsets = 0;
  for (let i = 0; i < point.length; i++) {
    const slope = gradient[i] ?? NaN;
    const offset = (point[i] ?? NaN) - (center[i] ?? NaN);
    slopes += slope * slope;
    along += offset * slope;
    offsets += offset * offset;
  }
  if (!(slopes > 0) || !isFinite(slopes)) {
    gradient.fill(0);
    return { step: 0, scale: 1 };
  }
  const step = size / sqrt(slopes);
  const length = sqrt(offsets + step * (2 * along + step * slopes));
  return { step, scale: length > epsilon ? epsilon / length : 1 };
}

/**
 * The iterate after `point`: the step goes in equal parts along the `count` largest slopes, ties among them included, and
 * is projected onto ball and box exactly (Croce & Hein 2021, section 3). There is no momentum.
 *
 * @param room two arrays for one point each, in double precision
 */
export function moveInL1(
  point: Float32Array,
  into: Float32Array,
  gradient: Float32Array,
  size: number,
  count: number,
  ball: Ball,
  room: readonly [Float64Array, Float64Array],
): void {
  const [candidate, slopes] = room;
  for (let i = 0; i < slopes.length; i++) slopes[i] = sizeOf(gradient[i] ?? NaN);
  const threshold = kthLargest(slopes, count);
  let chosen = 0;
  for (let i = 0; i < gradient.length; i++) {
    const slope = sizeOf(gradient[i] ?? NaN);
    if (slope >= threshold && slope > 0) chosen++;
  }
  const each = chosen === 0 ? 0 : size / chosen;
  for (let i = 0; i < gradient.length; i++) {
    const slope = gradient[i] ?? NaN;
    const way = abs(slope) >= threshold ? each * (asNumber(slope > 0) - asNumber(slope < 0)) : 0;
    candidate[i] = (point[i] ?? NaN) + way;
  }
  ball.project(candidate, into);
}

/** The size of a slope; what is not a number is none. */
function sizeOf(slope: number): number {
  const size = abs(slope);
  return size >= 0 ? size : 0;
}
