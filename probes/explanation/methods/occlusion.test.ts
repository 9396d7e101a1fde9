import { row, rowsOf, type Tensor } from '#base/tensor';
import { largestDifference, multiLayer, oneConvolution } from '../../../test/coalition-games.js';
import { occlusion, type Occlusion } from './occlusion.js';

/** In double arithmetic; samples are float32, which holds the numbers below exactly. */
const scoresBy = (score: (x: Float32Array) => number) => (inputs: Tensor) =>
  Promise.resolve(Float64Array.from({ length: rowsOf(inputs) }, (_, i) => score(row(inputs, i))));

const sampleOf = (shape: readonly number[], values: ArrayLike<number>): Tensor => ({
  shape: [1, ...shape],
  data: Float32Array.from(values),
});

const picture = Array.from({ length: 16 }, (_, i) => i);
/** Two pictures that are added up before the convolution, the second of ones. */
const twoPictures = sampleOf([2, 4, 4], [...picture, ...new Array<number>(16).fill(1)]);
const added = (x: Float32Array) => oneConvolution(picture.map((_, i) => x[i]! + x[16 + i]!));

const mean = (window: readonly number[], strides: readonly number[]): Occlusion => ({
  window,
  strides,
  overlaps: 'mean',
});

describe('closed forms', () => {
  test.each([
    ['two values at a time', 10, mean([2], [1]), [200, 220, 240]],
    ['two values at a time in steps of two, the last window cut off', 0, mean([2], [2]), [280, 280, 120]],
    ['one value at a time', 0, mean([1], [1]), [80, 200, 120]],
  ])('of a network of one hidden layer: %s', async (_, baseline, options, expected) => {
    const filled = new Float32Array(3).fill(baseline);
    const { values } = await occlusion(scoresBy(multiLayer), sampleOf([3], [20, 50, 30]), filled, options);
    expect(largestDifference(values, expected)).toBeLessThan(1e-9);
  });

  test('of a convolution, under a window as large as the picture', async () => {
    const { values } = await occlusion(scoresBy(added), twoPictures, new Float32Array(32), mean([1, 4, 4], [1, 1, 1]));
    expect([...values]).toEqual([...new Array<number>(16).fill(67), ...new Array<number>(16).fill(13)]);
  });

  test('of a convolution, under small windows of which some are cut off and some overlap', async () => {
    const first = await occlusion(scoresBy(added), twoPictures, new Float32Array(32), mean([1, 2, 3], [1, 2, 1]));
    const below = [64, 65.5, 65.5, 67];
    expect([...first.values.subarray(0, 16)]).toEqual([...new Array<number>(8).fill(17), ...below, ...below]);
    const second = await occlusion(scoresBy(added), twoPictures, new Float32Array(32), mean([1, 1, 2], [1, 1, 2]));
    expect([...second.values.subarray(16)]).toEqual([...new Array<number>(12).fill(3), 0, 0, 0, 0]);
  });

  test('of a convolution, where the second input is a column that counts for all others', async () => {
    const column = (x: Float32Array) => oneConvolution(picture.map((value, i) => value + x[Math.floor(i / 4)]!));
    const ones = sampleOf([4, 1], [1, 1, 1, 1]);
    const { values } = await occlusion(scoresBy(column), ones, new Float32Array(4), mean([2, 1], [1, 1]));
    expect([...values]).toEqual([10, 10, 8, 6]);
    const plus = (x: Float32Array) => oneConvolution(x.map((value) => value + 1));
    const rows = await occlusion(scoresBy(plus), sampleOf([4, 4], picture), new Float32Array(16), mean([2, 4], [2, 1]));
    expect([...rows.values]).toEqual([...new Array<number>(8).fill(17), ...new Array<number>(8).fill(67)]);
  });

  test('of a sum, with overlaps added up', async () => {
    const ones = new Float32Array(25);
    ones[6] = ones[18] = 1;
    const sum = (x: Float32Array) => 3 * x.reduce((total, value) => total + value, 0);
    const options: Occlusion = { window: [3, 3], strides: [1, 1], overlaps: 'sum' };
    const { values } = await occlusion(scoresBy(sum), sampleOf([5, 5], ones), new Float32Array(25), options);
    expect([...values]).toEqual(
      [
        [3, 6, 6, 3, 0],
        [6, 15, 18, 12, 3],
        [6, 18, 24, 18, 6],
        [3, 12, 18, 15, 6],
        [0, 3, 6, 6, 3],
      ].flat(),
    );
  });
});

test.each([
  ['larger than the sample', mean([4], [1])],
  ['that leaves values out', mean([1], [2])],
  ['of another number of axes', mean([1, 1], [1, 1])],
])('a window %s is refused', async (_, options) => {
  const asked = occlusion(scoresBy(multiLayer), sampleOf([3], [1, 2, 3]), new Float32Array(3), options);
  await expect(asked).rejects.toThrow('does not cover a sample of [3]');
});

test('of several chunks is that of one', async () => {
  const size = 2 ** 17;
  const sum = (x: Float32Array) => x.reduce((total, value, i) => total + value * (i % 3), 0);
  const sample = sampleOf([size], new Float32Array(size).fill(1));
  const { values } = await occlusion(scoresBy(sum), sample, new Float32Array(size), mean([3072], [3072]));
  expect(values[0]).toBe(3072);
  expect(values[size - 1]).toBe(
    Array.from({ length: size % 3072 }, (_, i) => (size - 1 - i) % 3).reduce((a, b) => a + b, 0),
  );
});
