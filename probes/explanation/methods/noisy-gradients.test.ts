import { row, rowsOf, zeros, type Tensor } from '#base/tensor';
import { randomStreams, rng } from '#stats/random';
import { linearTarget } from '#target/linear';
import { noisyGradients } from './noisy-gradients.js';
import type { ScoreModel } from './score-model.js';

const random = randomStreams(7, 'noise');
const target = linearTarget([[1, -2, 3, 0.5]], [0.7], { head: { kind: 'binary' }, shape: [4] });

/** F(x) = x1^2 / 2 + x2: the gradient is (x1, 1). */
const quadratic: ScoreModel = {
  gradient: (inputs) => {
    const gradient = zeros(inputs.shape);
    for (let i = 0; i < rowsOf(inputs); i++) row(gradient, i).set([row(inputs, i)[0] ?? NaN, 1]);
    return Promise.resolve({ gradient, loss: new Float32Array(rowsOf(inputs)) });
  },
};

function samplesOf(n: number, size: number): { readonly inputs: Tensor; readonly indices: number[] } {
  const source = rng('samples');
  return {
    inputs: { shape: [n, size], data: Float32Array.from({ length: n * size }, () => source.uniform()) },
    indices: Array.from({ length: n }, (_, i) => 100 + 3 * i),
  };
}

test('a linear model has its gradient as SmoothGrad, VarGrad 0 and no error', async () => {
  const noise = { draws: 50, deviation: 0.15 };
  const { smooth, variance, standardErrors } = await noisyGradients(target, samplesOf(3, 4), [0, 0, 0], noise, random);
  expect(smooth).toEqual({ shape: [3, 4], values: Float64Array.of(1, -2, 3, 0.5, 1, -2, 3, 0.5, 1, -2, 3, 0.5) });
  expect(variance.values).toEqual(new Float64Array(12));
  expect(standardErrors).toEqual(new Float64Array(12));
});

test('the gradient x of a quadratic model has the mean x and the variance of the noise', async () => {
  const draws = 20_000;
  const deviation = 0.3;
  const inputs = { shape: [1, 2], data: Float32Array.of(2, 5) };
  const noise = { draws, deviation };
  const found = await noisyGradients(quadratic, { inputs, indices: [4] }, [0], noise, random);
  // Four standard errors: of a mean, and of the variance of a normal distribution, sqrt(2 / n).
  expect(Math.abs(found.smooth.values[0]! - 2)).toBeLessThan((4 * deviation) / Math.sqrt(draws));
  expect(Math.abs(found.variance.values[0]! - deviation ** 2)).toBeLessThan(4 * deviation ** 2 * Math.sqrt(2 / draws));
  const exact = Math.sqrt((found.variance.values[0]! * draws) / (draws - 1) / draws);
  expect(Math.abs(found.standardErrors[0]! - exact)).toBeLessThan(1e-12);
  expect([found.smooth.values[1], found.variance.values[1]]).toEqual([1, 0]);
});

test('the mean lies within its stated errors: 1.96 of them cover 95 % of trials', async () => {
  const n = 400;
  const inputs = { shape: [n, 2], data: new Float32Array(2 * n).fill(1) };
  const samples = { inputs, indices: Array.from({ length: n }, (_, i) => i) };
  const noise = { draws: 64, deviation: 0.5 };
  const { smooth, standardErrors } = await noisyGradients(quadratic, samples, new Float64Array(n), noise, random);
  const covered = samples.indices.filter((i) => {
    return Math.abs(smooth.values[2 * i]! - 1) <= 1.96 * standardErrors[2 * i]!;
  });
  // 95 % of 400 less and more four standard errors of a share.
  expect(covered.length / n).toBeGreaterThan(0.9);
  expect(covered.length / n).toBeLessThan(0.995);
});

test('a sample has the same bytes alone and among others', async () => {
  const samples = samplesOf(40, 2);
  const noise = { draws: 60, deviation: 0.2 };
  const whole = await noisyGradients(quadratic, samples, new Float64Array(40), noise, random);
  const alone = { inputs: { shape: [1, 2], data: row(samples.inputs, 31) }, indices: [samples.indices[31]!] };
  const own = await noisyGradients(quadratic, alone, [0], noise, random);
  expect(own.smooth.values).toEqual(whole.smooth.values.slice(62, 64));
  expect(own.variance.values).toEqual(whole.variance.values.slice(62, 64));
});
