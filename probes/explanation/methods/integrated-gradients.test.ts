import { row, rowsOf, zeros, type Tensor } from '#base/tensor';
import { rng } from '#stats/random';
import { linearTarget } from '#target/linear';
import { scoreFunction } from '../../../test/score-function.js';
import { integratedGradients, integratedGradientsOf, sumOf } from './integrated-gradients.js';
import type { ScoreModel } from './score-model.js';

function sample(...values: readonly number[]): Tensor {
  return { shape: [1, values.length], data: Float32Array.from(values) };
}

const relu = (t: number) => Math.max(t, 0);
const step = (t: number) => (t > 0 ? 1 : 0);
const at = (x: Float32Array, i: number) => x[i] ?? NaN;

describe('the models of the paper, which compute the same function in two ways', () => {
  const first = scoreFunction(
    (x) => relu(relu(at(x, 0)) - 1 - relu(at(x, 1))),
    (x) => {
      const outer = step(relu(at(x, 0)) - 1 - relu(at(x, 1)));
      return [outer * step(at(x, 0)), -outer * step(at(x, 1))];
    },
  );
  const second = scoreFunction(
    (x) => relu(relu(at(x, 0) - 1) - relu(at(x, 1))),
    (x) => {
      const outer = step(relu(at(x, 0) - 1) - relu(at(x, 1)));
      return [outer * step(at(x, 0) - 1), -outer * step(at(x, 1))];
    },
  );

  test.each([
    ['f1', first],
    ['f2', second],
  ])('%s at (3, 1) has the attributions (1.5, -0.5)', async (_, function_) => {
    const { map, difference, residual } = await integratedGradients(
      function_,
      sample(3, 1),
      new Float32Array(2),
      0,
      32,
    );
    // The kink lies in the middle of the way, where an even rule is exact; sums of 32 doubles.
    expect(Math.abs((map[0] ?? NaN) - 1.5)).toBeLessThan(1e-12);
    expect(Math.abs((map[1] ?? NaN) + 0.5)).toBeLessThan(1e-12);
    expect(difference).toBe(1);
    expect(Math.abs(residual)).toBeLessThan(1e-12);
    const { slopes } = await integratedGradientsOf(function_, sample(3, 1), sample(0, 0), [0], 32);
    expect(Math.abs((slopes[0] ?? NaN) - 0.5)).toBeLessThan(1e-12);
    expect(Math.abs((slopes[1] ?? NaN) + 0.5)).toBeLessThan(1e-12);
  });
});

test('of a sum of functions of one value each, every value gets its own difference', async () => {
  const separable = scoreFunction(
    (x) => 5 * at(x, 0) + at(x, 1) ** 2 + Math.sin(at(x, 2)),
    (x) => [5, 2 * at(x, 1), Math.cos(at(x, 2))],
  );
  const baseline = Float32Array.from([0.5, -1, 0.25]);
  const { map } = await integratedGradients(separable, sample(2, 3, 1.5), baseline, 0, 32);
  const expected = [5 * 1.5, 9 - 1, Math.sin(1.5) - Math.sin(0.25)];
  // Points and gradients are float32: 1e-7 of values below 10.
  map.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(2e-6));
});

test("a linear model has the attributions (x - x') w, with two nodes already", async () => {
  const source = rng('linear');
  const weights = [0, 1].map(() => Float64Array.from({ length: 6 }, () => source.normal()));
  const target = linearTarget(weights, [3, -1], { head: { kind: 'classes', count: 2 }, shape: [6] });
  const x = sample(...Array.from({ length: 6 }, () => source.uniform()));
  const baseline = Float32Array.from({ length: 6 }, () => source.uniform());
  for (const score of [0, 1]) {
    const { map, residual } = await integratedGradients(target, x, baseline, score, 2);
    map.forEach((value, i) => {
      const exact = (weights[score]?.[i] ?? NaN) * ((x.data[i] ?? NaN) - (baseline[i] ?? NaN));
      expect(Math.abs(value - exact)).toBeLessThan(1e-6);
    });
    // Scores are float32 of values below 8.
    expect(Math.abs(residual)).toBeLessThan(1e-6);
  }
});

test('the baseline itself is never asked for its gradient: ReLU without bias adds up with few nodes', async () => {
  const seen: number[] = [];
  const zeroBias = scoreFunction(
    (x) => relu(at(x, 0)) + relu(at(x, 1)),
    (x) => {
      seen.push(at(x, 0));
      return [step(at(x, 0)), step(at(x, 1))];
    },
  );
  const { map, residual } = await integratedGradients(zeroBias, sample(3, 2), new Float32Array(2), 0, 2);
  // The ends are there for their scores alone.
  expect(seen.filter((value) => value === 0)).toHaveLength(1);
  expect(sumOf(map)).toBeCloseTo(5, 12);
  expect(Math.abs(residual)).toBeLessThan(1e-12);
});

test('the map does not depend on how many points go through the model at once', async () => {
  const size = 2 ** 21;
  const sizes: number[] = [];
  const wide: ScoreModel = {
    gradient: (inputs) => {
      sizes.push(rowsOf(inputs));
      const loss = new Float32Array(rowsOf(inputs)).map((_, i) => at(row(inputs, i), 0));
      const gradient = zeros(inputs.shape);
      for (let i = 0; i < loss.length; i++) row(gradient, i)[0] = 1;
      return Promise.resolve({ gradient, loss });
    },
  };
  const x: Tensor = { shape: [1, size], data: new Float32Array(size).fill(1) };
  const { map, residual } = await integratedGradients(wide, x, new Float32Array(size), 0, 3);
  expect(sizes).toEqual([2, 2, 1]);
  expect(map[0]).toBeCloseTo(1, 12);
  expect(Math.abs(residual)).toBeLessThan(1e-12);
});

test('many samples together have the attributions of each alone, with a baseline of their own or one for all', async () => {
  const source = rng('many');
  const wavy = scoreFunction(
    (x) => Math.sin(3 * at(x, 0)) * at(x, 1),
    (x) => [3 * Math.cos(3 * at(x, 0)) * at(x, 1), Math.sin(3 * at(x, 0))],
  );
  const uniform = (n: number) => Float32Array.from({ length: 2 * n }, () => source.uniform());
  // Over a thousand points: more than one batch.
  const inputs = { shape: [60, 2], data: uniform(60) };
  for (const baselines of [{ shape: [60, 2], data: uniform(60) }, sample(0.5, -1)]) {
    const together = await integratedGradientsOf(wavy, inputs, baselines, new Float64Array(60), 20);
    for (const i of [0, 17, 59]) {
      const own = row(baselines, rowsOf(baselines) === 1 ? 0 : i);
      const { map, difference, residual } = await integratedGradients(wavy, sample(...row(inputs, i)), own, 0, 20);
      expect(map).toEqual(together.values.slice(2 * i, 2 * i + 2));
      expect([difference, residual]).toEqual([together.differences[i], together.residuals[i]]);
    }
  }
});
