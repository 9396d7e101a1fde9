import { permutation, randomStreams } from '#stats/random';
import type { ImageDomain } from '#target/domain';
import { agreementOf, averageRanks, correlation, jaccard, largest, topOf } from './agreement.js';
import { groundOf, onGround, removableOf } from './ground.js';

const image: ImageDomain = { kind: 'image', layout: 'NCHW', shape: [2, 2, 3], range: [0, 1], mean: [0], std: [1] };
const nothing = new Float32Array();
const ground = groundOf(image, nothing, null);

function drawn(count: number, name: string): Float64Array {
  const source = randomStreams(1, name).of(0);
  return Float64Array.from({ length: count }, () => source.normal());
}

describe('common ground', () => {
  test('of values is their sum over the channels of a pixel, in both layouts', () => {
    const values = Float64Array.from({ length: 12 }, (_, i) => i);
    expect([...onGround({ values }, ground)]).toEqual([6, 8, 10, 12, 14, 16]);
    const last = groundOf({ ...image, layout: 'NHWC', shape: [2, 3, 2] }, nothing, null);
    expect([...onGround({ values }, last)]).toEqual([1, 5, 9, 13, 17, 21]);
    expect(ground.names[4]).toBe('row 1, column 1');
  });

  test('keeps the sum of finer and coarser features, but for values that belong to none', () => {
    const of = Int32Array.of(0, 0, 1, 1, 1, -1, 0, 0, 1, 1, 1, -1);
    const coarse = { values: Float64Array.of(4, -6), features: { names: ['left', 'right'], of } };
    expect([...onGround(coarse, ground)]).toEqual([2, 2, -2, -2, -2, 0]);
    const fine = { values: drawn(12, 'fine') };
    const sums = onGround(fine, coarse.features);
    const inside = fine.values.reduce((sum, value, i) => sum + ((of[i] ?? -1) < 0 ? 0 : value), 0);
    expect(Math.abs((sums[0] ?? NaN) + (sums[1] ?? NaN) - inside)).toBeLessThan(1e-12);
  });
});

test('the padding of a text is no part of it, and its marks cannot be taken away', () => {
  const tokens = { vocabulary: 9, padding: 0, mask: null, special: [0, 1, 2] };
  const text = { kind: 'text' as const, shape: [5], tokens };
  const input = Float32Array.of(1, 7, 8, 2, 0);
  const seen = groundOf(text, input, ['[CLS]', 'not', 'good', '[SEP]', '[PAD]']);
  expect(seen).toEqual({ names: ['[CLS]', 'not', 'good', '[SEP]'], of: Int32Array.of(0, 1, 2, 3, -1) });
  expect(removableOf(text, input, seen).of).toEqual(Int32Array.of(-1, 0, 1, -1, -1));
});

describe('agreement', () => {
  test('is whole with itself, with its negative and with any rising function of its size', () => {
    const values = drawn(12, 'self');
    // One channel, since a rising function of a sum is no sum.
    const one = groundOf({ ...image, shape: [1, 3, 4] }, nothing, null);
    const others = [values, values.map((value) => -value), values.map((value) => Math.sign(value) * value ** 4)];
    const pairs = agreementOf(
      others.map((each, i) => ({ id: String(i), attribution: { values: each } })),
      one,
    );
    expect(pairs.map(({ a, b }) => a + b)).toEqual(['01', '02', '12']);
    for (const { spearman, jaccard } of pairs) {
      expect(spearman).toBeCloseTo(1, 12);
      expect(jaccard).toBe(1);
    }
  });

  test('of a map with its own sums in coarser features is whole too', () => {
    const features = { names: ['a', 'b', 'c'], of: Int32Array.of(0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2) };
    const fine = { values: drawn(12, 'sums') };
    const coarse = { values: onGround(fine, features), features };
    const [pair] = agreementOf(
      [
        { id: 'fine', attribution: fine },
        { id: 'coarse', attribution: coarse },
      ],
      ground,
    );
    expect(pair).toMatchObject({ features: 3, k: 1, jaccard: 1 });
    expect(pair?.spearman).toBeCloseTo(1, 12);
  });

  test('of independent random maps is none on the average', () => {
    const many = Array.from({ length: 40 }, (_, i) => ({
      id: `${i}`,
      attribution: { values: drawn(100, `map ${i}`) },
    }));
    const wide = groundOf({ ...image, shape: [1, 10, 10] }, nothing, null);
    const pairs = agreementOf(many, wide);
    const mean = pairs.reduce((sum, { spearman }) => sum + (spearman ?? NaN), 0) / pairs.length;
    // 780 pairs of standard deviation 1 / sqrt(99): five standard errors of their mean.
    expect(Math.abs(mean)).toBeLessThan((5 * 0.1005) / Math.sqrt(780));
  });

  test('of a constant map is not told, and its first features are all of them', () => {
    const pairs = agreementOf(
      [
        { id: 'constant', attribution: { values: new Float64Array(12).fill(1) } },
        { id: 'zero', attribution: { values: new Float64Array(12) } },
        { id: 'some', attribution: { values: drawn(12, 'some') } },
      ],
      ground,
    );
    expect(pairs.map(({ spearman }) => spearman)).toEqual([null, null, null]);
    expect(pairs.map(({ jaccard }) => jaccard)).toEqual([0, 3 / 6, 0]);
  });
});

describe('its parts', () => {
  test('ranks are shared by equal values, and their correlation is that of the formula without ties', () => {
    expect([...averageRanks(Float64Array.of(3, 1, 3, 2))]).toEqual([3.5, 1, 3.5, 2]);
    const n = 30;
    const [x, y] = [1, 2].map((seed) => permutation(n, randomStreams(seed, 'ranks').of(0)));
    const ranks = [x, y].map((order) => averageRanks(Float64Array.from(order ?? [])));
    const squares = (x ?? []).reduce((sum, value, i) => sum + (value - (y?.[i] ?? NaN)) ** 2, 0);
    const spearman = 1 - (6 * squares) / (n * (n * n - 1));
    expect(correlation(ranks[0] ?? new Float64Array(), ranks[1] ?? new Float64Array())).toBeCloseTo(spearman, 12);
  });

  test('first features are never 0, and ties with the last of them are among them', () => {
    expect([...largest(Float64Array.of(0, 5, 2, 2, 1), 2)]).toEqual([1, 2, 3]);
    expect([...largest(Float64Array.of(0, 0, 3), 2)]).toEqual([2]);
    expect(jaccard(new Set([1, 2]), new Set([2, 3]))).toBe(1 / 3);
    expect(jaccard(new Set(), new Set())).toBeNull();
  });

  test.each([
    [1, 1],
    [4, 2],
    [13, 5],
    [784, 79],
  ])('of %d features %d are the first', (features, k) => {
    expect(topOf(features)).toBe(k);
  });
});
