import type { ConvexNorm } from '../geometry/norms.js';

// Two projections a step and sample, beside the gradient of a small model: what is global is looked up once.
// Signs and sides are not predictable, so the loops have no branches.
const { abs, max, min, sqrt } = Math;
const { MAX_VALUE } = Number;
const asNumber = Number;

/** The lowest and highest legal value of each position; finite. */
export interface Bounds {
  readonly low: Float32Array;
  readonly high: Float32Array;
}

/**
 * Writes the least change, in a norm, that brings a point onto a hyperplane within its bounds: of all d with
 * slope . d = -excess and low <= point + d <= high, one of least size. Where there is none, each value goes as far as it can.
 *
 * @param point within the bounds
 * @param slope the normal of the hyperplane; finite
 * @param excess what the linear function with this slope is at the point, when it is zero on the hyperplane; finite
 * @returns the size of the change in the norm
 */
export type HyperplaneProjection = (
  point: Float32Array,
  slope: Float32Array,
  excess: number,
  bounds: Bounds,
  into: Float64Array,
) => number;

/**
 * Exact projections onto the intersection of a hyperplane and a box (Croce & Hein 2020, arXiv:1907.02044). Each
 * value moves against the excess, by a length u_i between 0 and its room r_i, such that sum_i |w_i| u_i is the excess.
 * The least change has one level for all values:
 *
 * - Linf: u_i = min(level, r_i)
 * - L2: u_i = min(level |w_i|, r_i)
 * - L1: u_i = r_i where |w_i| is above the level, 0 where it is below, and at the level what is still needed, in order
 *
 * The authors sort all values and search among them; here the level is found by passes over those values of which it is not
 * known yet whether they fill their room. A projection keeps its memory: it is for one caller at a time.
 *
 * @param size values of a point
 */
export function hyperplaneProjection(norm: ConvexNorm, size: number): HyperplaneProjection {
  const weights = new Float64Array(size);
  const rooms = new Float64Array(size);
  const lengths = leastLengths(norm, size);
  return (point, slope, excess, bounds, into) => {
    const side = excess > 0 ? 1 : -1;
    measure(point, slope, side, bounds, weights, rooms);
    const length = lengths(weights, rooms, abs(excess), into);
    for (let i = 0; i < into.length; i++) {
      const own = slope[i] ?? NaN;
      into[i] = (into[i] ?? NaN) * side * (asNumber(own < 0) - asNumber(own > 0));
    }
    return length;
  };
}

/** How much each value counts, and how far it can move against the excess. */
function measure(
  point: Float32Array,
  slope: Float32Array,
  side: number,
  { low, high }: Bounds,
  weights: Float64Array,
  rooms: Float64Array,
): void {
  for (let i = 0; i < weights.length; i++) {
    const value = point[i] ?? NaN;
    const own = side * (slope[i] ?? NaN);
    weights[i] = abs(own);
    rooms[i] = asNumber(own > 0) * (value - (low[i] ?? NaN)) + asNumber(own < 0) * ((high[i] ?? NaN) - value);
  }
}

/**
 * Writes lengths between 0 and the rooms whose weighted sum is what is needed, or all rooms where that is too little. Gives
 * their size in the norm, which is the least.
 */
type LeastLengths = (weights: Float64Array, rooms: Float64Array, needed: number, into: Float64Array) => number;

function leastLengths(norm: ConvexNorm, size: number): LeastLengths {
  const [first, second] = [new Float64Array(size), new Float64Array(size)];
  switch (norm) {
    case 'Linf':
      return (weights, rooms, needed, into) => equalLengths(weights, rooms, needed, into, first, second);
    case 'L2':
      return (weights, rooms, needed, into) => proportionalLengths(weights, rooms, needed, into, first, second);
    case 'L1':
      return (weights, rooms, needed, into) => fullLengths(weights, rooms, needed, into, first, second);
  }
}

function equalLengths(
  weights: Float64Array,
  rooms: Float64Array,
  needed: number,
  into: Float64Array,
  rates: Float64Array,
  knots: Float64Array,
): number {
  let count = 0;
  for (let i = 0; i < weights.length; i++) {
    const room = rooms[i] ?? NaN;
    rates[count] = weights[i] ?? NaN;
    knots[count] = room;
    count += asNumber(room > 0);
  }
  const level = waterLevel(rates, knots, count, needed);
  let most = 0;
  for (let i = 0; i < into.length; i++) {
    const length = min(level, rooms[i] ?? NaN);
    into[i] = length;
    most = max(most, length);
  }
  return most;
}

function proportionalLengths(
  weights: Float64Array,
  rooms: Float64Array,
  needed: number,
  into: Float64Array,
  rates: Float64Array,
  knots: Float64Array,
): number {
  let count = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] ?? NaN;
    const room = rooms[i] ?? NaN;
    rates[count] = weight * weight;
    knots[count] = room / weight;
    count += asNumber(room > 0);
  }
  const level = waterLevel(rates, knots, count, needed);
  let squares = 0;
  for (let i = 0; i < into.length; i++) {
    const length = min(level * (weights[i] ?? NaN), rooms[i] ?? NaN);
    into[i] = length;
    squares += length * length;
  }
  return sqrt(squares);
}

/**
 * The least level at which sum_i rates_i min(level, knots_i) is what is needed, or the largest number where none is: Newton's
 * method from below on a concave, piecewise linear function. What a step passes stays passed, so it ends (Kiwiel 2008,
 * "Variable fixing algorithms for the continuous quadratic knapsack problem"). Spoils both arrays.
 */
function waterLevel(rates: Float64Array, knots: Float64Array, count: number, needed: number): number {
  let rate = 0;
  for (let i = 0; i < count; i++) rate += rates[i] ?? NaN;
  let open = count;
  let filled = 0;
  let level = 0;
  while (open > 0) {
    level = max(level, (needed - filled) / rate);
    let kept = 0;
    rate = 0;
    for (let i = 0; i < open; i++) {
      const own = rates[i] ?? NaN;
      const knot = knots[i] ?? NaN;
      const isOpen = asNumber(knot > level);
      rates[kept] = own;
      knots[kept] = knot;
      kept += isOpen;
      rate += own * isOpen;
      filled += own * knot * (1 - isOpen);
    }
    if (kept === open) return level;
    open = kept;
  }
  return MAX_VALUE;
}

function fullLengths(
  weights: Float64Array,
  rooms: Float64Array,
  needed: number,
  into: Float64Array,
  keys: Float64Array,
  gains: Float64Array,
): number {
  for (let i = 0; i < weights.length; i++) gains[i] = (weights[i] ?? NaN) * (rooms[i] ?? NaN);
  keys.set(weights);
  const level = leastKey(keys, gains, needed);
  let rest = needed;
  let sum = 0;
  for (let i = 0; i < into.length; i++) {
    const weight = weights[i] ?? NaN;
    const length = (rooms[i] ?? NaN) * asNumber(weight > level);
    into[i] = length;
    rest -= weight * length;
    sum += length;
  }
  for (let i = 0; rest > 0 && level > 0 && i < into.length; i++) {
    if (weights[i] !== level) continue;
    const length = min(rooms[i] ?? NaN, rest / level);
    into[i] = length;
    rest -= level * length;
    sum += length;
  }
  return sum;
}

/**
 * The largest key such that the gains of all keys from it upwards reach what is needed; 0 where all together do not. A
 * quickselect: of the keys on both sides of a pivot, those are kept among which the answer is. Spoils both arrays.
 */
function leastKey(keys: Float64Array, gains: Float64Array, needed: number): number {
  if (!(needed > 0)) return Infinity;
  let open = keys.length;
  let rest = needed;
  let least = 0;
  while (open > 0) {
    const pivot = medianOfThree(keys[0] ?? NaN, keys[open >> 1] ?? NaN, keys[open - 1] ?? NaN);
    let above = 0;
    let upTo = 0;
    for (let i = 0; i < open; i++) {
      const key = keys[i] ?? NaN;
      const gain = gains[i] ?? NaN;
      above += gain * asNumber(key > pivot);
      upTo += gain * asNumber(key >= pivot);
    }
    if (above < rest && upTo >= rest) return pivot;
    const side = above < rest ? -1 : 1;
    if (side < 0) rest -= upTo;
    // What was enough is so in any order of summation: should the last digit say otherwise, it is this key.
    else least = pivot;
    open = keepSide(keys, gains, open, pivot, side);
  }
  return least;
}

/** Moves the keys on one side of a pivot to the front, and gives their number. */
function keepSide(keys: Float64Array, gains: Float64Array, open: number, pivot: number, side: number): number {
  let kept = 0;
  for (let i = 0; i < open; i++) {
    const key = keys[i] ?? NaN;
    keys[kept] = key;
    gains[kept] = gains[i] ?? NaN;
    kept += asNumber(side * (key - pivot) > 0);
  }
  return kept;
}

function medianOfThree(a: number, b: number, c: number): number {
  return max(min(a, b), min(max(a, b), c));
}
