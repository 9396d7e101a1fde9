import { row, rowsOf, zeros, type Tensor } from '#base/tensor';
import { rng } from '#stats/random';
import { linearTarget } from '#target/linear';
import { accumulatedLocalEffects } from './ale.js';
import { individualExpectations, partialDependence } from './partial-dependence.js';
import { scoreAt, type Answers } from './quantity.js';

function modelOf(score: (x: Float32Array) => number): Answers {
  return {
    predict: (batch) => {
      const scores = zeros([rowsOf(batch), 1]);
      for (let i = 0; i < rowsOf(batch); i++) scores.data[i] = score(row(batch, i));
      return Promise.resolve(scores);
    },
  };
}

/** Both values the same: x, x. */
function twins(values: readonly number[]): Tensor {
  return { shape: [values.length, 2], data: Float32Array.from(values.flatMap((x) => [x, x])) };
}

const source = rng('ale');
const inputs: Tensor = { shape: [200, 3], data: Float32Array.from({ length: 600 }, () => source.normal()) };

test('a linear model has the coefficient as slope, however its inputs depend on each other', async () => {
  for (let i = 0; i < 200; i++) row(inputs, i)[2] = 0.9 * row(inputs, i)[1]! + 0.1 * row(inputs, i)[2]!;
  const target = linearTarget([[1, -2, 0.5]], [3], {
    head: { kind: 'regression', count: 1, tolerance: 1 },
    shape: [3],
  });
  const { edges, effects, rows } = await accumulatedLocalEffects(target, inputs, 1, 20, scoreAt(0));
  expect(edges).toHaveLength(21);
  expect([...rows]).toEqual(Array.from({ length: 20 }, () => 10));
  // Sums of differences of float32 scores below 16.
  effects.forEach((effect, k) =>
    expect(Math.abs(effect - effects[0]! + 2 * (edges[k]! - edges[0]!))).toBeLessThan(4e-6),
  );
});

test('effects are 0 on average: over bins, by the middle of their edges and their rows', async () => {
  const model = modelOf((x) => Math.exp(x[0]!) * x[1]!);
  const { effects, rows } = await accumulatedLocalEffects(model, inputs, 0, 7, scoreAt(0));
  const total = rows.reduce((sum, count, k) => sum + (count * (effects[k]! + effects[k + 1]!)) / 2, 0);
  expect(Math.abs(total)).toBeLessThan(1e-11);
});

test('of x_0 x_1 with x_1 = x_0, which partial dependence takes for unrelated, it is the sum of x dx', async () => {
  const values = [1, 2, 4, 7, 8, 10];
  const product = modelOf((x) => x[0]! * x[1]!);
  const { edges, effects } = await accumulatedLocalEffects(product, twins(values), 0, 6, scoreAt(0));
  expect(edges).toEqual(values);
  // The first bin holds 1 and 2, each other one its upper edge alone.
  const steps = [(1 * (1 + 2)) / 2, 2 * 4, 3 * 7, 1 * 8, 2 * 10];
  let sum = 0;
  steps.forEach((step, k) => {
    sum += step;
    expect(effects[k + 1]! - effects[0]!).toBeCloseTo(sum, 12);
  });
  const lines = await individualExpectations(product, twins(values), [0], [[1], [10]], scoreAt(0));
  const [low = NaN, high = NaN] = partialDependence(lines, 2);
  expect(high - low).toBeCloseTo((9 * 32) / 6, 12);
});

test('it asks for nothing far from the data', async () => {
  const seen: number[] = [];
  const watched = modelOf((x) => {
    seen.push(Math.abs(x[0]! - x[1]!));
    return x[0]!;
  });
  await accumulatedLocalEffects(watched, twins([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 0, 10, scoreAt(0));
  expect(Math.max(...seen)).toBeLessThanOrEqual(1);
});

test('a column that never changes has one edge and no effect', async () => {
  const { edges, effects, rows } = await accumulatedLocalEffects(
    modelOf((x) => x[0]!),
    twins([4, 4, 4]),
    0,
    5,
    scoreAt(0),
  );
  expect(edges).toEqual([4]);
  expect([...effects]).toEqual([0]);
  expect(rows).toHaveLength(0);
});
