import { rng, type Rng } from '#stats/random';
import type { ConvexNorm } from '../geometry/norms.js';
import { hyperplaneProjection, type Bounds } from './hyperplane.js';
import { isDeep } from '../../../test/tier.js';

const NORMS: readonly ConvexNorm[] = ['Linf', 'L2', 'L1'];

interface Problem {
  readonly point: Float32Array;
  readonly slope: Float32Array;
  readonly excess: number;
  readonly bounds: Bounds;
}

/** Half of the values lie on a bound, some slopes are zero, many are equal. */
function problem(size: number, share: number, source: Rng): Problem {
  const bounds = { low: new Float32Array(size).fill(-0.5), high: new Float32Array(size).fill(2) };
  const point = Float32Array.from({ length: size }, () => {
    const u = source.uniform();
    if (u < 0.25) return -0.5;
    return u < 0.5 ? 2 : -0.5 + 2.5 * source.uniform();
  });
  const slope = Float32Array.from({ length: size }, () => {
    const u = source.uniform();
    if (u < 0.2) return 0;
    return u < 0.5 ? Math.sign(u - 0.35) * 0.25 : source.normal() * Math.exp(2 * source.normal());
  });
  const side = source.uniform() < 0.5 ? 1 : -1;
  const excess = side * share * lengths({ point, slope, excess: side, bounds }).capacity;
  return { point, slope, excess, bounds };
}

/** Sizes of slopes, rooms against the excess, and how much of it they can take away together. */
function lengths({ point, slope, excess, bounds: { low, high } }: Problem) {
  const weights = Array.from(slope, Math.abs);
  const rooms = Array.from(point, (value, i) => {
    const down = slope[i]! > 0 === excess > 0;
    return slope[i] === 0 ? 0 : down ? value - low[i]! : high[i]! - value;
  });
  return { weights, rooms, capacity: sumOf(weights.map((weight, i) => weight * rooms[i]!)) };
}

function project(norm: ConvexNorm, { point, slope, excess, bounds }: Problem) {
  const change = new Float64Array(point.length);
  const size = hyperplaneProjection(norm, point.length)(point, slope, excess, bounds, change);
  return { change: [...change], size };
}

function sizeIn(norm: ConvexNorm, change: readonly number[]): number {
  if (norm === 'Linf') return Math.max(...change.map(Math.abs));
  return norm === 'L1' ? sumOf(change.map(Math.abs)) : Math.sqrt(sumOf(change.map((value) => value * value)));
}

/** The least size, by bisection on the dual variable: the level at which the constraint holds. */
function oracle(norm: ConvexNorm, given: Problem): number {
  const { weights, rooms } = lengths(given);
  const needed = Math.abs(given.excess);
  if (needed === 0) return 0;
  if (norm === 'L1') return greedy(weights, rooms, needed);
  const at = (level: number) =>
    rooms.map((room, i) => Math.min(norm === 'Linf' ? level : level * weights[i]!, weights[i] === 0 ? 0 : room));
  let [low, high] = [0, 1e12];
  for (let k = 0; k < 400; k++) {
    const middle = (low + high) / 2;
    if (sumOf(at(middle).map((length, i) => length * weights[i]!)) < needed) low = middle;
    else high = middle;
  }
  return sizeIn(norm, at(high));
}

/** In L1 what is longest in weight goes first. */
function greedy(weights: readonly number[], rooms: readonly number[], needed: number): number {
  let [rest, sum] = [needed, 0];
  for (const i of [...weights.keys()].sort((a, b) => weights[b]! - weights[a]!)) {
    if (weights[i] === 0 || rest <= 0) break;
    const length = Math.min(rooms[i]!, rest / weights[i]!);
    rest -= weights[i]! * length;
    sum += length;
  }
  return sum;
}

/** Of each norm, size and share. */
const PROBLEMS = isDeep ? 20 : 2;

const cases = NORMS.flatMap((norm) => [1, 2, 8, 245, 784].map((size) => [norm, size] as const));

describe.each(cases)('in %s, %p values', (norm, size) => {
  const problems = [1e-6, 0.01, 0.2, 0.7, 0.999999].flatMap((share) =>
    Array.from({ length: PROBLEMS }, (_, i) => problem(size, share, rng(`${norm}/${size}/${share}/${i}`))),
  );

  test('it lands on the hyperplane, within the bounds, and says its own size', () => {
    for (const each of problems) {
      const { point, slope, excess, bounds } = each;
      const { change, size: told } = project(norm, each);
      const scale = lengths(each).capacity;
      // Sums of at most 784 products in double precision.
      expect(Math.abs(sumOf(change.map((value, i) => value * slope[i]!)) + excess)).toBeLessThanOrEqual(1e-12 * scale);
      expect(change.every((value, i) => value >= bounds.low[i]! - point[i]!)).toBe(true);
      expect(change.every((value, i) => value <= bounds.high[i]! - point[i]!)).toBe(true);
      expect(Math.abs(told - sizeIn(norm, change))).toBeLessThanOrEqual(1e-12 * told);
    }
  });

  test('nothing is smaller: as bisection of the dual variable finds it', () => {
    for (const each of problems) {
      const least = oracle(norm, each);
      expect(Math.abs(project(norm, each).size - least)).toBeLessThanOrEqual(1e-9 * least);
    }
  });

  test('the conditions of Karush, Kuhn and Tucker hold', () => {
    for (const each of problems) {
      const { weights, rooms } = lengths(each);
      const own = project(norm, each).change.map(Math.abs);
      const free = [...own.keys()].filter((i) => weights[i]! > 0 && own[i]! < rooms[i]!);
      const full = [...own.keys()].filter((i) => weights[i]! > 0 && own[i]! > 0 && own[i]! >= rooms[i]!);
      // One multiplier for all that is free, and none that is full would stop before it.
      const levelOf = (i: number) => (norm === 'L2' ? own[i]! / weights[i]! : own[i]!);
      if (norm === 'L1') {
        const used = Math.min(...[...own.keys()].filter((i) => own[i]! > 0).map((i) => weights[i]!));
        expect(free.every((i) => weights[i]! <= used)).toBe(true);
      } else if (free.length > 0) {
        const level = levelOf(free[0]!);
        for (const i of free) expect(Math.abs(levelOf(i) - level)).toBeLessThanOrEqual(1e-12 * level);
        for (const i of full) expect(levelOf(i)).toBeLessThanOrEqual(level * (1 + 1e-12));
      }
    }
  });

  test('where the hyperplane is out of reach each value goes as far as it can', () => {
    for (const [i, each] of problems.entries()) {
      if (each.excess === 0) continue;
      const beyond = { ...each, excess: each.excess * 3e6 };
      const { change } = project(norm, beyond);
      const { rooms } = lengths(beyond);
      expect({ i, change: change.map(Math.abs) }).toEqual({ i, change: rooms });
    }
  });

  test('slopes however small count, and the scale of a function does not', () => {
    for (const each of problems.slice(PROBLEMS, 2 * PROBLEMS)) {
      // Powers of two, so that nothing is rounded; the authors take slopes below 1e-8 for zero.
      const faint = { ...each, slope: each.slope.map((value) => value * 2 ** -60), excess: each.excess * 2 ** -60 };
      expect(project(norm, faint)).toEqual(project(norm, each));
    }
  });
});

test.each(NORMS)('in %s, a point on the hyperplane stays', (norm) => {
  const given = problem(50, 0.5, rng('still'));
  const { change, size } = project(norm, { ...given, excess: 0 });
  expect(size).toBe(0);
  expect(change.every((value) => value === 0)).toBe(true);
});

test.each(NORMS)('in %s, memory of one projection does not reach into the next', (norm) => {
  const [first, second] = [problem(64, 0.4, rng('first')), problem(64, 0.9, rng('second'))];
  const shared = hyperplaneProjection(norm, 64);
  const change = new Float64Array(64);
  shared(second.point, second.slope, second.excess, second.bounds, change);
  shared(first.point, first.slope, first.excess, first.bounds, change);
  expect([...change]).toEqual(project(norm, first).change);
});

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
