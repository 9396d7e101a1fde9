import { row, takeRows } from '#base/tensor';
import { rng, randomStreams } from '#stats/random';
import { ballAround } from '../geometry/ball.js';
import { normsOf, sizeIn } from '../geometry/norms.js';
import type { Box } from '../geometry/space.js';
import { atOriginals } from '../search/walk.js';
import { kthLargest } from './kth-largest.js';
import { moversIn, type ConvexSpace } from './mover.js';
import { atRandomBorder } from './starts.js';

const NORMS = ['Linf', 'L2', 'L1'] as const;
const VALUES = 30;

function boxOf(low: number, high: number, immutable: readonly number[] = []): Box {
  const filled = (value: number) => new Float64Array(VALUES).fill(value);
  return { low: filled(low), high: filled(high), immutable: new Set(immutable) };
}

function vector(key: string, scale = 1): Float32Array {
  const source = rng(key);
  return Float32Array.from({ length: VALUES }, () => scale * source.normal());
}

test('the k-th largest is that of the sorted values, with ties and in any order', () => {
  const source = rng('selection');
  for (let n = 1; n < 40; n++) {
    const values = Float64Array.from({ length: n }, () => source.integer(1 + (n >> 1)));
    const sorted = values.toSorted((a, b) => b - a);
    for (const given of [values, sorted, sorted.toReversed()]) {
      expect(sorted.map((_, i) => kthLargest(given.slice(), i + 1))).toEqual(sorted);
    }
  }
});

describe.each(NORMS)('%s', (norm) => {
  const epsilon = { Linf: 0.3, L2: 0.7, L1: 1.5 }[norm];
  const space = (box: Box): ConvexSpace => ({ norm, epsilon, box });

  test('every iterate is within the ball and the box as float32, to the last bit', () => {
    const box = boxOf(0.1, 0.9);
    const center = vector('center', 0.2).map((value) => Math.min(Math.max(0.5 + value, 0.1), 0.9));
    const ball = ballAround(center, epsilon, norm, box);
    const mover = moversIn(space(box), { rho: 0.75, continues: false })(ball, center);
    let [point, previous] = [center.slice(), center.slice()];
    for (let step = 0; step < 60; step++) {
      if (step % 10 === 9) mover.check(10, point);
      mover.move(point, previous, vector(`slopes ${step}`), step === 0);
      [point, previous] = [previous, point];
      // Sums of squares and sizes are rounded themselves, in double precision.
      expect(sizeIn(norm, normsOf(center, point))).toBeLessThanOrEqual(epsilon * (1 + 1e-12));
      expect(point.every((value) => value >= 0.1 && value <= 0.9)).toBe(true);
    }
    expect(point).not.toEqual(center);
  });

  test('the length of a gradient does not matter, nor does a slope that is not a number move anything', () => {
    const box = boxOf(-9, 9);
    const center = new Float32Array(VALUES);
    const moved = (gradient: Float32Array) => {
      const previous = center.slice();
      const ball = ballAround(center, epsilon, norm, box);
      moversIn(space(box), { rho: 0.75, continues: false })(ball, center).move(
        center.slice(),
        previous,
        gradient,
        true,
      );
      return previous;
    };
    const gradient = vector('gradient');
    const tiny = gradient.map((value) => value * 2 ** -100);
    expect(moved(tiny)).toEqual(moved(gradient));
    expect(moved(new Float32Array(VALUES))).toEqual(center);
    expect(moved(new Float32Array(VALUES).fill(NaN))).toEqual(center);
  });

  test('a start is on the border, and depends on the index of its sample alone', () => {
    const box = boxOf(-9, 9);
    const inputs = { shape: [3, VALUES], data: new Float32Array(3 * VALUES) };
    const walk = atOriginals(inputs, [0, 1, 2], space(box));
    const started = atRandomBorder(walk, [5, 6, 5], space(box), randomStreams(1, 'starts'));
    const [first, second, third] = [0, 1, 2].map((i) => row(started.inputs, i));
    expect(third).toEqual(first);
    expect(second).not.toEqual(first);
    // Float32 towards the center: each value loses at most 6e-8 of itself.
    for (const start of [first!, second!])
      expect(sizeIn(norm, normsOf(new Float32Array(VALUES), start))).toBeCloseTo(epsilon, 5);
  });

  test('what cannot be changed stays, and leaves its length to the others', () => {
    const box = boxOf(-9, 9, [0, 7]);
    const inputs = { shape: [1, VALUES], data: vector('held') };
    const started = atRandomBorder(atOriginals(inputs, [0], space(box)), [0], space(box), randomStreams(1, 'starts'));
    const start = row(started.inputs, 0);
    expect([start[0], start[7]]).toEqual([inputs.data[0], inputs.data[7]]);
    expect(sizeIn(norm, normsOf(row(takeRows(inputs, [0]), 0), start))).toBeCloseTo(epsilon, 5);
  });
});
