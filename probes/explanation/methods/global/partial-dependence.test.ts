import { row, rowsOf, zeros, type Tensor } from '#base/tensor';
import { rng } from '#stats/random';
import { linearTarget } from '#target/linear';
import { quantileGrid } from './grid.js';
import { centred, individualExpectations, partialDependence } from './partial-dependence.js';
import { evidenceFor, scoreAt, type Answers } from './quantity.js';

const source = rng('partial dependence');
const inputs: Tensor = { shape: [50, 3], data: Float32Array.from({ length: 150 }, () => source.normal()) };
const GRID = [-2, -0.5, 0, 1, 3];
const settings = GRID.map((value) => [value]);

/** One score as a function of the values. */
export function modelOf(score: (x: Float32Array) => number): Answers {
  return {
    predict: (batch) => {
      const scores = zeros([rowsOf(batch), 1]);
      for (let i = 0; i < rowsOf(batch); i++) scores.data[i] = score(row(batch, i));
      return Promise.resolve(scores);
    },
  };
}

function meanOf(j: number): number {
  let sum = 0;
  for (let i = 0; i < 50; i++) sum += row(inputs, i)[j]! / 50;
  return sum;
}

test('of a linear model: a line with the coefficient as slope, the same for every row', async () => {
  const target = linearTarget([[1, -2, 0.5]], [0.25], {
    head: { kind: 'regression', count: 1, tolerance: 1 },
    shape: [3],
  });
  const lines = await individualExpectations(target, inputs, [1], settings, scoreAt(0));
  const flat = centred(lines, GRID.length);
  // Differences of float32 scores below 16.
  for (let i = 0; i < flat.length; i++) expect(Math.abs(flat[i]! + 2 * (GRID[i % 5]! + 2))).toBeLessThan(4e-6);
  const rest = 0.25 + meanOf(0) + 0.5 * meanOf(2);
  partialDependence(lines, GRID.length).forEach((value, k) =>
    expect(Math.abs(value - (rest - 2 * GRID[k]!))).toBeLessThan(2e-6),
  );
});

test('of x_0 x_1: partial dependence has the slope of the mean of x_1, and each row that of its own', async () => {
  const product = modelOf((x) => x[0]! * x[1]!);
  const lines = await individualExpectations(product, inputs, [0], settings, scoreAt(0));
  const mean = meanOf(1);
  partialDependence(lines, 5).forEach((value, k) => expect(Math.abs(value - GRID[k]! * mean)).toBeLessThan(1e-6));
  lines.forEach((value, i) => {
    const expected = Math.fround(GRID[i % 5]! * row(inputs, Math.floor(i / 5))[1]!);
    expect(value).toBe(expected);
  });
});

test('where a row stands at a setting, its line goes through its own score', async () => {
  const model = modelOf((x) => Math.sin(x[0]! * x[1]!) + x[2]!);
  const own = [...row(inputs, 7)];
  const lines = await individualExpectations(model, inputs, [0, 2], [[own[0]!, own[2]!]], scoreAt(0));
  const { data } = await model.predict(inputs);
  expect(lines[7]).toBe(data[7]);
  expect(lines[8]).not.toBe(data[8]);
});

test('evidence for a class does not change when all scores move together; of two it is their difference', () => {
  const two = evidenceFor({ kind: 'classes', count: 2 }, 1);
  expect(two(Float32Array.of(0.5, 2))).toBe(1.5);
  const three = evidenceFor({ kind: 'classes', count: 3 }, 0);
  const odds = 0.2 / 0.8;
  const logs = [0.2, 0.5, 0.3].map((p) => Math.log(p));
  // Float32 logarithms of up to 100 in size.
  for (const shift of [0, 80, -100]) {
    expect(Math.abs(three(Float32Array.from(logs, (log) => log + shift)) - Math.log(odds))).toBeLessThan(2e-5);
  }
  expect(evidenceFor({ kind: 'binary' }, 0)(Float32Array.of(-3))).toBe(-3);
});

describe('quantiles that are values of the data', () => {
  test.each([
    [[1, 2, 3, 4], 2, [1, 2, 4]],
    [[4, 3, 2, 1], 4, [1, 2, 3, 4]],
    [[5, 5, 5], 3, [5]],
    [[1, 1, 1, 9], 4, [1, 9]],
    [[3], 10, [3]],
    [[], 10, []],
  ])('%p in %d parts: %p', (values, parts, expected) => {
    expect(quantileGrid(values, parts)).toEqual(expected);
  });

  test('10 parts of 1 to 1000 end at every hundredth, without a rank lost to rounding', () => {
    const values = Array.from({ length: 1000 }, (_, i) => i + 1);
    expect(quantileGrid(values, 10)).toEqual([1, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
  });
});
