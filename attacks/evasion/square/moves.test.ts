import { rng } from '#stats/random';
import type { ContinuousDomain } from '#target/domain';
import type { Box } from '../geometry/space.js';
import type { Space } from '../search/walk.js';
import { drawPlace, extentOf, gridOf, listWindow, tilesOf, type Grid } from './grid.js';
import { mass } from './mass.js';
import type { Moves } from './moves.js';
import { patternOf } from './patterns.js';
import { shareAt } from './schedule.js';
import { stripes } from './stripes.js';

const NORMS = ['Linf', 'L2', 'L1'] as const;
type TestNorm = (typeof NORMS)[number];

function image(layout: 'NCHW' | 'NHWC', [channels, height, width]: readonly [number, number, number]): Grid {
  const shape = layout === 'NCHW' ? [channels, height, width] : [height, width, channels];
  return gridOf({ kind: 'image', layout, shape, range: [0, 1], mean: [0], std: [1] });
}

function table(shape: readonly number[]): Grid {
  return gridOf({ kind: 'tabular', shape, range: [0, 1], mean: [0], std: [1] } satisfies ContinuousDomain);
}

function boxOf(size: number, [low, high]: readonly [number, number] = [0, 1], immutable: readonly number[] = []): Box {
  return {
    low: new Float64Array(size).fill(low),
    high: new Float64Array(size).fill(high),
    immutable: new Set(immutable),
  };
}

function movesOf(norm: TestNorm, grid: Grid, epsilon: number, box: Box): Moves {
  const space: Space = { norm, epsilon, box };
  return norm === 'Linf' ? stripes(grid, space) : mass(norm, grid, space);
}

function sizeOf(grid: Grid): number {
  return grid.channels * grid.height * grid.width;
}

/** The size of the change of some positions in a norm. */
function sizeIn(norm: TestNorm, center: Float32Array, point: Float32Array, positions = [...center.keys()]): number {
  const sizes = positions.map((i) => Math.abs(point[i]! - center[i]!));
  if (norm === 'Linf') return Math.max(...sizes);
  return norm === 'L2' ? Math.sqrt(sizes.reduce((sum, v) => sum + v * v, 0)) : sizes.reduce((sum, v) => sum + v, 0);
}

function uniform(size: number, [low, high]: readonly [number, number] = [0, 1], seed = 'center'): Float32Array {
  const source = rng(seed);
  return Float32Array.from({ length: size }, () => low + (high - low) * source.uniform());
}

function channelOf(grid: Grid, channel: number): number[] {
  const list = new Int32Array(sizeOf(grid));
  return [...list.subarray(0, listWindow(grid, channel, grid, { top: 0, left: 0 }, list, 0))];
}

describe('the schedule', () => {
  const schedule = { initialShare: 0.8, rescaleSchedule: false, queries: 5000 };

  test.each([
    [0, 1],
    [10, 1],
    [11, 2],
    [50, 2],
    [51, 4],
    [200, 4],
    [201, 8],
    [501, 16],
    [1001, 32],
    [2000, 32],
    [2001, 64],
    [4001, 128],
    [6001, 256],
    [8000, 256],
    [8001, 512],
  ])('at iteration %i the share is the first one / %i', (iteration, divisor) => {
    expect(shareAt(iteration, schedule)).toBe(0.8 / divisor);
  });

  test('the breakpoints are iterations as they are, and shares of the queries only where that is asked for', () => {
    const short = { ...schedule, queries: 100 };
    expect(shareAt(81, short)).toBe(0.8 / 4);
    expect(shareAt(81, { ...short, rescaleSchedule: true })).toBe(0.8 / 512);
  });
});

describe('the grid', () => {
  test('holds each value once, by layout', () => {
    for (const grid of [
      image('NCHW', [3, 4, 5]),
      image('NHWC', [3, 4, 5]),
      table([8]),
      table([4, 6]),
      table([2, 3, 4]),
    ]) {
      const all = Array.from({ length: grid.channels }, (_, channel) => channelOf(grid, channel)).flat();
      expect(all.toSorted((a, b) => a - b)).toEqual([...Array(sizeOf(grid)).keys()]);
    }
    expect(channelOf(image('NCHW', [2, 2, 2]), 1)).toEqual([4, 5, 6, 7]);
    expect(channelOf(image('NHWC', [2, 2, 2]), 1)).toEqual([1, 3, 5, 7]);
    expect(table([4, 6])).toMatchObject({ channels: 1, height: 4, width: 6 });
    expect(table([8])).toMatchObject({ channels: 1, height: 1, width: 8 });
  });

  test('a window covers the share as a square, and a piece of what is a line', () => {
    const toSide = (length: number) => Math.max(Math.round(length), 1);
    expect(extentOf(image('NCHW', [3, 32, 32]), 0.8, toSide)).toEqual({ height: 29, width: 29 });
    expect(extentOf(image('NCHW', [3, 10, 40]), 0.8, toSide)).toEqual({ height: 10, width: 10 });
    expect(extentOf(table([20]), 0.8, toSide)).toEqual({ height: 1, width: 16 });
    expect(extentOf(table([20]), 0.01, toSide)).toEqual({ height: 1, width: 1 });
  });

  test('every place is drawn equally often, the last row and column too', () => {
    const grid = image('NCHW', [1, 5, 4]);
    const extent = { height: 2, width: 3 };
    const source = rng('places');
    const counts = new Map<string, number>();
    for (let i = 0; i < 8000; i++) {
      const { top, left } = drawPlace(grid, extent, source);
      counts.set(`${top},${left}`, (counts.get(`${top},${left}`) ?? 0) + 1);
    }
    // 8 places, 1000 each: 5 standard deviations are 148.
    expect(counts.size).toBe(8);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(148);
  });

  test.each([
    [28, 28],
    [32, 32],
    [24, 24],
    [9, 9],
    [3, 3],
    [10, 40],
    [40, 11],
    [7, 3],
    [1, 8],
    [1, 3],
    [1, 100],
  ])('the tiles of %i x %i lie within it, apart from each other, and over most of it', (height, width) => {
    const grid = image('NCHW', [1, height, width]);
    const { extent, places } = tilesOf(grid);
    const list = new Int32Array(height * width);
    let count = 0;
    for (const place of places) count = listWindow(grid, 0, extent, place, list, count);
    const covered = [...list.subarray(0, count)];
    expect(new Set(covered).size).toBe(covered.length);
    expect(count).toBe(places.length * extent.height * extent.width);
    for (const { top, left } of places) {
      expect(top >= 0 && top + extent.height <= height && left >= 0 && left + extent.width <= width).toBe(true);
    }
    // Five tiles of nine leave the most: 25 of 81.
    expect(covered.length).toBeGreaterThan(0.3 * height * width);
  });
});

describe('patterns', () => {
  /** Equation 2 of the paper, for one bump: ring by ring, 1 / (n + 1 - k)^e for k up to M. */
  function paperBump(height: number, width: number, exponent: number): number[][] {
    const n = Math.max(Math.floor(height / 2), Math.floor(width / 2));
    return Array.from({ length: height }, (_, r) =>
      Array.from({ length: width }, (__, s) => {
        const last = n - Math.max(Math.abs(r - Math.floor(height / 2)), Math.abs(s - Math.floor(width / 2)));
        let sum = 0;
        for (let k = 0; k <= last; k++) sum += 1 / (n + 1 - k) ** exponent;
        return sum;
      }),
    );
  }

  test.each([
    ['L2', 2, 7],
    ['L2', 2, 4],
    ['L1', 4, 5],
  ] as const)('%s: two bumps of equal size, 1 / k^%i, side %i', (norm, exponent, side) => {
    const size = (values: readonly number[]) =>
      norm === 'L2' ? Math.hypot(...values) : values.reduce((sum, v) => sum + Math.abs(v), 0);
    const half = Math.floor(side / 2);
    const [top, bottom] = [paperBump(half, side, exponent).flat(), paperBump(side - half, side, exponent).flat()];
    const whole = [...top.map((v) => v / size(top)), ...bottom.map((v) => -v / size(bottom))];
    const expected = whole.map((v) => v / size(whole));
    const pattern = patternOf(norm, { height: side, width: side }, false);
    // Sums of at most 49 doubles.
    expected.forEach((value, i) => expect(pattern[i]).toBeCloseTo(value, 14));
    const turned = patternOf(norm, { height: side, width: side }, true);
    for (let r = 0; r < side; r++)
      for (let c = 0; c < side; c++) expect(turned[r * side + c]).toBe(pattern[c * side + r]);
  });

  test('a window of one row has both: a single bump, and two', () => {
    const extent = { height: 1, width: 5 };
    expect([...patternOf('L2', extent, false)].every((value) => value < 0)).toBe(true);
    expect([...patternOf('L2', extent, true)].map(Math.sign)).toEqual([1, 1, -1, -1, -1]);
    expect([...patternOf('L1', { height: 1, width: 1 }, false)]).toEqual([-1]);
  });
});

describe('Linf', () => {
  const grid = image('NCHW', [3, 6, 5]);
  const center = uniform(90);
  const epsilon = 0.3;

  test('begins with columns of one sign a channel, at the ends of what ball and domain leave', () => {
    const point = new Float32Array(90);
    movesOf('Linf', grid, epsilon, boxOf(90)).around(center, rng('a')).start(point);
    for (let column = 0; column < 15; column++) {
      const positions = Array.from({ length: 6 }, (_, r) => Math.floor(column / 5) * 30 + r * 5 + (column % 5));
      const signs = new Set(positions.map((i) => Math.sign(point[i]! - center[i]!)));
      expect(signs.size).toBe(1);
      for (const i of positions) {
        const end = Math.min(Math.max(center[i]! + [...signs][0]! * epsilon, 0), 1);
        expect(Math.abs(point[i]! - end)).toBeLessThan(1e-7);
      }
    }
  });

  test('a proposal is x + 2 epsilon s on one window, clipped to ball and domain, and can be taken back', () => {
    const moves = movesOf('Linf', grid, epsilon, boxOf(90));
    const search = moves.around(center, rng('b'));
    const point = new Float32Array(90);
    search.start(point);
    for (let i = 0; i < 200; i++) {
      const before = point.slice();
      search.propose(point, { height: 2, width: 2 });
      const changed = [...point.keys()].filter((k) => point[k] !== before[k]);
      for (const k of changed) {
        const step = 2 * epsilon * Math.sign(point[k]! - before[k]!);
        const clipped = Math.min(Math.max(before[k]! + step, center[k]! - epsilon, 0), center[k]! + epsilon, 1);
        expect(Math.abs(point[k]! - clipped)).toBeLessThan(1e-7);
      }
      const rows = changed.map((k) => Math.floor((k % 30) / 5));
      const columns = changed.map((k) => k % 5);
      if (changed.length > 0) {
        expect(Math.max(...rows) - Math.min(...rows)).toBeLessThan(2);
        expect(Math.max(...columns) - Math.min(...columns)).toBeLessThan(2);
      }
      if (i % 2 === 0) search.undo(point);
      if (i % 2 === 0) expect(point).toEqual(before);
    }
  });
});

describe.each(['L2', 'L1'] as const)('%s', (norm) => {
  const wide = [-100, 100] as const;

  test.each([1, 3])('with room on all sides a change of %i channels is as large as the ball, always', (channels) => {
    const grid = image('NCHW', [channels, 9, 8]);
    const size = sizeOf(grid);
    const center = uniform(size);
    const moves = movesOf(norm, grid, 2, boxOf(size, wide));
    const search = moves.around(center, rng('c'));
    const point = new Float32Array(size);
    search.start(point);
    for (let i = 0; i < 300; i++) {
      const length = sizeIn(norm, center, point);
      expect(length).toBeLessThanOrEqual(2);
      // Values near 1 are rounded by up to 6e-8 each, and there are at most 216.
      expect(length).toBeGreaterThan(2 - 2e-5);
      const before = point.slice();
      search.propose(point, moves.extentOf(i < 100 ? 0.4 : 0.05));
      if (i % 3 !== 0) continue;
      search.undo(point);
      expect(point).toEqual(before);
    }
  });

  test('within a narrow domain it never passes the ball or the domain, whatever was taken back', () => {
    const grid = image('NHWC', [3, 7, 10]);
    const center = uniform(210).map((value) => Math.round(value));
    const moves = movesOf(norm, grid, 3, boxOf(210));
    const search = moves.around(center, rng('d'));
    const point = new Float32Array(210);
    search.start(point);
    const source = rng('choices');
    for (let i = 0; i < 1000; i++) {
      expect(sizeIn(norm, center, point)).toBeLessThanOrEqual(3);
      expect(point.every((value) => value >= 0 && value <= 1)).toBe(true);
      search.propose(point, moves.extentOf(0.8 / 2 ** (i % 6)));
      if (source.uniform() < 0.5) search.undo(point);
    }
    expect(sizeIn(norm, center, point)).toBeGreaterThan(1);
  });
});

test('L2: a proposal changes two windows, and each channel keeps its mass', () => {
  const grid = image('NCHW', [3, 12, 12]);
  const center = uniform(432);
  const search = movesOf('L2', grid, 2, boxOf(432, [-100, 100])).around(center, rng('e'));
  const point = new Float32Array(432);
  search.start(point);
  for (let i = 0; i < 100; i++) {
    const before = point.slice();
    search.propose(point, { height: 3, width: 3 });
    for (let channel = 0; channel < 3; channel++) {
      const own = channelOf(grid, channel);
      // Rounding of 144 values near 1; adding channels up would move whole windows of mass, near 0.1.
      expect(Math.abs(sizeIn('L2', center, point, own) - sizeIn('L2', center, before, own))).toBeLessThan(1e-5);
      expect(own.filter((k) => point[k] !== before[k]).length).toBeLessThanOrEqual(18);
    }
  }
});

describe.each(NORMS)('%s', (norm) => {
  const epsilon = { Linf: 0.1, L2: 1, L1: 4 }[norm];

  /** The points after each of some proposals, every other one taken back. */
  function walk(grid: Grid, center: Float32Array, box: Box, radius = epsilon): Float32Array[] {
    const moves = movesOf(norm, grid, radius, box);
    const search = moves.around(center, rng('walk'));
    const point = new Float32Array(center.length);
    search.start(point);
    return Array.from({ length: 60 }, (_, i) => {
      if (i > 0) search.propose(point, moves.extentOf(0.8 / 2 ** Math.floor(i / 10)));
      const seen = point.slice();
      if (i % 2 === 1) search.undo(point);
      return seen;
    });
  }

  test('layouts differ in nothing but the order of values', () => {
    const [first, last] = [image('NCHW', [3, 6, 9]), image('NHWC', [3, 6, 9])];
    const order = [0, 1, 2].flatMap((channel) => channelOf(last, channel));
    const center = uniform(162);
    const moved = center.slice();
    order.forEach((to, from) => (moved[to] = center[from]!));
    const [channelsFirst, channelsLast] = [walk(first, center, boxOf(162)), walk(last, moved, boxOf(162))];
    const differences = channelsFirst.flatMap((point, i) =>
      order.map((to, from) => Math.abs(channelsLast[i]![to]! - point[from]!)),
    );
    // Projection in L1 adds up in another order.
    expect(Math.max(...differences)).toBeLessThan(1e-6);
  });

  test('a range of 256 is the unit range, times 256 to the last bit', () => {
    const grid = image('NCHW', [3, 6, 9]);
    const center = uniform(162);
    const small = walk(grid, center, boxOf(162));
    const large = walk(
      grid,
      center.map((value) => 256 * value),
      boxOf(162, [0, 256]),
      256 * epsilon,
    );
    expect(large).toEqual(small.map((point) => point.map((value) => 256 * value)));
  });

  test('what nobody can change never changes, and no value leaves its own range', () => {
    const grid = table([4, 6]);
    const box = boxOf(24, [0, 1], [0, 7, 8, 23]);
    box.high.forEach((_, i) => (box.high[i] = 1 + (i % 5)));
    const center = uniform(24);
    for (const point of walk(grid, center, box)) {
      for (const i of box.immutable) expect(point[i]).toBe(center[i]);
      expect(point.every((value, i) => value >= 0 && value <= box.high[i]!)).toBe(true);
      expect(sizeIn(norm, center, point)).toBeLessThanOrEqual(epsilon + (norm === 'Linf' ? 1e-7 : 0));
    }
    const nothing = boxOf(24, [0, 1], [...center.keys()]);
    for (const point of walk(grid, center, nothing)) expect(point).toEqual(center);
  });
});
