import { row, rowsOf, type Tensor } from '#base/tensor';
import type { Features } from '#plugin/explainer';
import { randomStreams, rng } from '#stats/random';
import { linearTarget } from '#target/linear';
import { permutationImportance, type RowLosses } from './importance.js';

const WEIGHTS = [1, -2, 0, 0.5];
const N = 400;
const target = linearTarget([WEIGHTS], [0.25], { head: { kind: 'regression', count: 1, tolerance: 1 }, shape: [4] });

function normals(n: number, width: number, key: string): Tensor {
  const source = rng(key);
  return { shape: [n, width], data: Float32Array.from({ length: n * width }, () => source.normal()) };
}

function column(inputs: Tensor, j: number): number[] {
  return Array.from({ length: rowsOf(inputs) }, (_, i) => row(inputs, i)[j]!);
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function covariance(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  return mean(a.map((value, i) => (value - meanA) * (b[i]! - meanB)));
}

const singles: Features = { names: ['a', 'b', 'c', 'd'], of: Int32Array.of(0, 1, 2, 3) };
const inputs = normals(N, 4, 'importance');
const squared: (truth: readonly number[]) => RowLosses = (truth) => (scores) =>
  Float64Array.from(truth, (value, i) => (value - row(scores, i)[0]!) ** 2);

test('of a linear model and a squared loss: 2 w^2 var(x) + 2 w cov(x, residual) over all permutations', async () => {
  const noise = rng('noise');
  const { data } = await target.predict(inputs);
  const residuals = Array.from(data, (_, i) => noise.normal() + 0.5 * row(inputs, i)[0]!);
  const losses = squared(residuals.map((residual, i) => data[i]! + residual));
  const { loss, rises, standardErrors } = await permutationImportance(
    target,
    inputs,
    losses,
    singles,
    200,
    randomStreams(7),
  );
  // Sums of 400 squares of float32 scores below 10.
  expect(Math.abs(loss - mean(residuals.map((value) => value ** 2)))).toBeLessThan(1e-5);
  WEIGHTS.forEach((w, j) => {
    const x = column(inputs, j);
    const expected = 2 * w ** 2 * covariance(x, x) + 2 * w * covariance(x, residuals);
    // 200 permutations of 400 rows: about a twentieth of a standard error over rows remains.
    expect(Math.abs(rises[j]! - expected)).toBeLessThanOrEqual(0.4 * standardErrors[j]! + 1e-12);
  });
  expect([rises[2], standardErrors[2]]).toEqual([0, 0]);
});

test('positions of one feature move together: x_0 - x_0 of a copy keeps its value, and shows once they part', async () => {
  const copies: Tensor = { shape: [N, 2], data: inputs.data.slice(0, 2 * N) };
  for (let i = 0; i < N; i++) copies.data[2 * i + 1] = copies.data[2 * i]!;
  const difference = linearTarget([[1, -1]], [0], {
    head: { kind: 'regression', count: 1, tolerance: 1 },
    shape: [2],
  });
  const losses = squared(Array.from({ length: N }, () => 0));
  const together: Features = { names: ['both'], of: Int32Array.of(0, 0) };
  const apart: Features = { names: ['first', 'second'], of: Int32Array.of(0, 1) };
  const joint = await permutationImportance(difference, copies, losses, together, 3, randomStreams(7));
  expect([...joint.rises]).toEqual([0]);
  const single = await permutationImportance(difference, copies, losses, apart, 3, randomStreams(7));
  for (const rise of single.rises) expect(rise).toBeGreaterThan(1);
});

test('the standard error is that of other rows: of 40 samples of rows, their rises scatter as it says', async () => {
  const losses = (part: Tensor): RowLosses => squared(column(part, 0).map((x, i) => x - 2 * row(part, i)[1]!));
  const found = [];
  for (let k = 0; k < 40; k++) {
    const part = normals(100, 4, `rows ${k}`);
    found.push(await permutationImportance(target, part, losses(part), singles, 5, randomStreams(k)));
  }
  const rises = found.map(({ rises }) => rises[0]!);
  const scatter = Math.sqrt((covariance(rises, rises) * 40) / 39);
  const stated = mean(found.map(({ standardErrors }) => standardErrors[0]!));
  // A standard deviation of 40 numbers is known to a ninth; four of them.
  expect(scatter / stated).toBeGreaterThan(0.55);
  expect(scatter / stated).toBeLessThan(1.45);
});

test('a feature has the same rise whatever other features are asked for', async () => {
  const losses = squared(column(inputs, 1));
  const all = await permutationImportance(target, inputs, losses, singles, 2, randomStreams(7));
  const one: Features = { names: ['d'], of: Int32Array.of(-1, -1, -1, 0) };
  const alone = await permutationImportance(target, inputs, losses, one, 2, randomStreams(7));
  expect(alone.rises[0]).toBe(all.rises[3]);
});

test('one row has nothing to exchange', async () => {
  const asked = permutationImportance(target, normals(1, 4, 'one'), squared([0]), singles, 1, randomStreams(7));
  await expect(asked).rejects.toThrow('permutation importance exchanges values between rows, and has 1');
});
