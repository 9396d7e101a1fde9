import { row, rowsOf, type Tensor } from '#base/tensor';
import { rng } from '#stats/random';
import { linearTarget } from '#target/linear';
import { largestDifference } from '../../../../test/coalition-games.js';
import { distinctRows } from './distinct.js';
import { kernelCoalitions } from './kernel-coalitions.js';
import { kernelRegression, kernelShap } from './kernel-shap.js';
import { maskingGame } from './masking-game.js';

const batchOf = (width: number, values: ArrayLike<number>): Tensor => ({
  shape: [values.length / width, width],
  data: Float32Array.from(values),
});

/** Scores of a row are its sum and its first value; says how many rows were asked for at once. */
function countingTarget() {
  const asked: number[] = [];
  return {
    asked,
    predict: (inputs: Tensor): Promise<Tensor> => {
      const n = rowsOf(inputs);
      asked.push(n);
      const data = new Float32Array(2 * n);
      for (let i = 0; i < n; i++) {
        data[2 * i] = row(inputs, i).reduce((sum, value) => sum + value, 0);
        data[2 * i + 1] = row(inputs, i)[0] ?? NaN;
      }
      return Promise.resolve({ shape: [n, 2], data });
    },
  };
}

const features = { names: ['a', 'b'], of: Int32Array.of(0, 1, 1, -1) };
const sample = batchOf(4, [1, 2, 3, 4]);
const background = batchOf(4, [10, 20, 30, 40, 0, 0, 0, 0]);
const everyCoalition = Uint8Array.of(0, 0, 1, 0, 0, 1, 1, 1);

test('a coalition is worth the mean over the background, with values of no feature as they are', async () => {
  const target = countingTarget();
  const worths = await maskingGame(target, { sample, score: 0, features, background }).worths(everyCoalition, 4);
  // Of absent features (10 + 20 + 30 + 0) / 2 = 5 + 25, of present ones 1 and 2 + 3, and 4 of the last value.
  expect([...worths]).toEqual([34, 30, 14, 10]);
  expect(target.asked).toEqual([8]);
  const first = await maskingGame(target, { sample, score: 1, features, background }).worths(everyCoalition, 4);
  expect([...first]).toEqual([5, 1, 5, 1]);
});

test('equal coalitions are asked for once', async () => {
  const target = countingTarget();
  const members = Uint8Array.of(1, 0, 0, 1, 1, 0, 1, 0);
  const worths = await maskingGame(target, { sample, score: 0, features, background }).worths(members, 4);
  expect([...worths]).toEqual([30, 14, 30, 30]);
  expect(target.asked).toEqual([4]);
});

test('equal rows are told by their values', () => {
  const width = 13;
  const source = rng('rows');
  const rows = Uint8Array.from({ length: 3000 * width }, (_, i) => (i % width < 3 ? 0 : source.integer(2)));
  const { first, group } = distinctRows(rows, 3000, width);
  const key = (i: number) => rows.subarray(i * width, (i + 1) * width).join('');
  expect(first).toHaveLength(new Set(Array.from({ length: 3000 }, (_, i) => key(i))).size);
  group.forEach((at, i) => {
    expect(key(first[at]!)).toBe(key(i));
    expect(first[at]!).toBeLessThanOrEqual(i);
  });
});

test('chunks change nothing, and no more than one lies in memory', async () => {
  const width = 2 ** 13;
  const wide = { names: ['a', 'b'], of: Int32Array.from({ length: width }, (_, i) => i % 2) };
  const rows = 150;
  const target = countingTarget();
  const filled = (n: number, value: (i: number) => number) =>
    batchOf(
      width,
      Float32Array.from({ length: n * width }, (_, i) => value(Math.floor(i / width))),
    );
  const game = maskingGame(target, {
    sample: filled(1, () => 1),
    score: 0,
    features: wide,
    background: filled(rows, (i) => i),
  });
  const half = width / 2;
  const mean = (rows - 1) / 2;
  const worths = await game.worths(everyCoalition, 4);
  expect([...worths]).toEqual([2 * half * mean, half + half * mean, half + half * mean, 2 * half]);
  expect(target.asked).toEqual([...new Array<number>(18).fill(32), 24]);
});

test('KernelSHAP of a linear model is (x - mean) w', async () => {
  const source = rng('linear');
  const size = 12;
  const weights = Float64Array.from({ length: size }, () => source.normal());
  const target = linearTarget([weights], [0.5], {
    head: { kind: 'regression', count: 1, tolerance: 0 },
    shape: [size],
  });
  const x = batchOf(
    size,
    Float32Array.from({ length: size }, () => source.uniform()),
  );
  const rows = batchOf(
    size,
    Float32Array.from({ length: 7 * size }, () => source.uniform()),
  );
  const each = {
    names: Array.from(weights, (_, i) => `feature ${i}`),
    of: Int32Array.from({ length: size }, (_, i) => i),
  };
  const game = maskingGame(target, { sample: x, score: 0, features: each, background: rows });
  const regression = kernelRegression(kernelCoalitions(size, 256, true, rng('coalitions')));
  const { values, standardErrors } = await kernelShap(game, regression);
  const expected = Array.from(weights, (weight, i) => {
    const mean = Array.from({ length: 7 }, (_, r) => rows.data[r * size + i]!).reduce((a, b) => a + b, 0) / 7;
    return (x.data[i]! - mean) * weight;
  });
  // Scores are float32, values up to about 4.
  expect(largestDifference(values, expected)).toBeLessThan(1e-6);
  // What rounding does to worths is all that is left to chance, and not nothing.
  expect(Math.max(...standardErrors)).toBeLessThan(1e-6);
  expect(Math.min(...standardErrors)).toBeGreaterThan(0);
});
