import { rng } from '#stats/random';
import { epochOrder } from './order.js';

const countsOf = (order: Int32Array, count: number) => {
  const counts = new Int32Array(count);
  for (const position of order) counts[position] = (counts[position] ?? 0) + 1;
  return counts;
};

test('without strata each sample once, in an order of the stream', () => {
  const order = epochOrder({ strata: null, count: 100 }, rng('a'));
  expect(countsOf(order, 100)).toEqual(new Int32Array(100).fill(1));
  expect(order).not.toEqual(order.slice().sort());
  expect(epochOrder({ strata: null, count: 100 }, rng('a'))).toEqual(order);
  expect(epochOrder({ strata: null, count: 100 }, rng('b'))).not.toEqual(order);
});

describe('with strata', () => {
  // Sizes 50, 7 and 1, and no sample of the number 1.
  const strata = Int32Array.from({ length: 58 }, (_, i) => (i < 50 ? 0 : i < 57 ? 2 : 3));
  const order = epochOrder({ strata, count: 58 }, rng('a'));
  const counts = countsOf(order, 58);

  test('each is drawn as often as the largest, and its samples as often as one another but for one', () => {
    expect(order).toHaveLength(150);
    expect([...counts.subarray(0, 50)]).toEqual(Array(50).fill(1));
    // 50 = 7 x 7 + 1
    expect([...counts.subarray(50, 57)].sort()).toEqual([7, 7, 7, 7, 7, 7, 8]);
    expect(counts[57]).toBe(50);
  });

  test('in an order that mixes them, whose rest depends on the stream', () => {
    const firstThird = countsOf(order.subarray(0, 50), 58);
    // 16.7 expected of 50; five standard deviations of the hypergeometric count are 13.6.
    expect(Math.abs((firstThird[57] ?? 0) - 50 / 3)).toBeLessThan(13.6);
    const others = ['b', 'c', 'd', 'e'].map((key) => countsOf(epochOrder({ strata, count: 58 }, rng(key)), 58));
    expect(new Set([counts, ...others].map((drawn) => drawn.indexOf(8))).size).toBeGreaterThan(1);
  });

  test('of equal size nothing is repeated', () => {
    const even = Int32Array.from({ length: 40 }, (_, i) => i % 4);
    expect(countsOf(epochOrder({ strata: even, count: 40 }, rng('a')), 40)).toEqual(new Int32Array(40).fill(1));
  });
});
