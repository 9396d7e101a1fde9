import { row, rowsOf, zeros, type Tensor } from '#base/tensor';
import { randomStreams, rng } from '#stats/random';
import { linearTarget } from '#target/linear';
import { expectedGradients } from './expected-gradients.js';
import { integratedGradientsOf } from './integrated-gradients.js';
import type { ScoreModel } from './score-model.js';

const random = randomStreams(7, 'expected');

/** F(x) = x1^3 + x1 x2 */
const cubic: ScoreModel = {
  gradient: (inputs) => {
    const gradient = zeros(inputs.shape);
    const loss = new Float32Array(rowsOf(inputs));
    for (let i = 0; i < loss.length; i++) {
      const [a = NaN, b = NaN] = row(inputs, i);
      loss[i] = a ** 3 + a * b;
      row(gradient, i).set([3 * a ** 2 + b, a]);
    }
    return Promise.resolve({ gradient, loss });
  },
};

function uniform(rows: number, size: number, key: string): Tensor {
  const source = rng(key);
  return { shape: [rows, size], data: Float32Array.from({ length: rows * size }, () => source.uniform()) };
}

test('a linear model has (x - mean) w, without any error', async () => {
  const weights = [Float64Array.of(1, -2, 3), Float64Array.of(0.5, 4, -1)];
  const target = linearTarget(weights, [0.7, -2], { head: { kind: 'classes', count: 2 }, shape: [3] });
  const inputs = uniform(2, 3, 'inputs');
  const background = uniform(10, 3, 'background');
  const mean = [0, 1, 2].map((j) => background.data.reduce((sum, x, at) => sum + (at % 3 === j ? x : 0), 0) / 10);
  const found = await expectedGradients(target, { inputs, indices: [3, 9] }, background, [1, 0], 2, random);
  found.values.forEach((value, at) => {
    const exact = (inputs.data[at]! - mean[at % 3]!) * weights[at < 3 ? 1 : 0]![at % 3]!;
    // The arithmetic is ours, in doubles; weights are whole numbers and halves.
    expect(Math.abs(value - exact)).toBeLessThan(1e-12);
    expect(found.standardErrors[at]).toBeLessThan(1e-12);
  });
  // Scores are float32 of values below 8.
  found.residuals.forEach((residual) => expect(Math.abs(residual)).toBeLessThan(2e-6));
});

test('it is integrated gradients from each row of the background, averaged, within the stated errors', async () => {
  const background = uniform(8, 2, 'background');
  const inputs = { shape: [1, 2], data: Float32Array.of(1.5, -0.5) };
  const each = { shape: [8, 2], data: Float32Array.from({ length: 16 }, (_, at) => inputs.data[at % 2]!) };
  const exact = await integratedGradientsOf(cubic, each, background, new Float64Array(8), 4);
  const wanted = [0, 1].map((j) => exact.values.reduce((sum, value, at) => sum + (at % 2 === j ? value : 0), 0) / 8);
  const trials = Array.from({ length: 200 }, (_, trial) => trial);
  const samples = {
    inputs: { shape: [200, 2], data: Float32Array.from({ length: 400 }, (_, at) => inputs.data[at % 2]!) },
    indices: trials,
  };
  const found = await expectedGradients(cubic, samples, background, new Float64Array(200), 30, random);
  const covered = [...found.values].filter((value, at) => {
    expect(found.standardErrors[at]).toBeGreaterThan(0);
    return Math.abs(value - wanted[at % 2]!) <= 1.96 * found.standardErrors[at]!;
  });
  // 400 intervals from 30 rounds: 94 % by Student's distribution, and four standard errors of a share.
  expect(covered.length / 400).toBeGreaterThan(0.89);
  expect(covered.length / 400).toBeLessThan(0.99);
  const difference = 1.5 ** 3 - 0.75 - (await mean(background, cubic));
  expect(Math.abs(found.differences[0]! - difference)).toBeLessThan(1e-6);
});

async function mean(background: Tensor, model: ScoreModel): Promise<number> {
  const { loss } = await model.gradient(background, { kind: 'score', labels: new Float64Array(rowsOf(background)) });
  return loss.reduce((sum, score) => sum + score, 0) / loss.length;
}

test('a sample has the same bytes alone and among others', async () => {
  const background = uniform(7, 2, 'background');
  const inputs = uniform(30, 2, 'inputs');
  const indices = Array.from({ length: 30 }, (_, i) => 5 * i);
  const whole = await expectedGradients(cubic, { inputs, indices }, background, new Float64Array(30), 6, random);
  const alone = { inputs: { shape: [1, 2], data: row(inputs, 29) }, indices: [145] };
  const own = await expectedGradients(cubic, alone, background, [0], 6, random);
  expect(own.values).toEqual(whole.values.slice(58));
  expect(own.standardErrors).toEqual(whole.standardErrors.slice(58));
});
