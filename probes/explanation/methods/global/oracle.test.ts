import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { row, rowsOf, zeros, type Tensor } from '#base/tensor';
import { randomStreams } from '#stats/random';
import { permutationImportance } from './importance.js';
import { individualExpectations, partialDependence } from './partial-dependence.js';
import { scoreAt, type Answers } from './quantity.js';

/** What scikit-learn says of the same function on the same rows. */
const oracle = JSON.parse(readFileSync(join(packageRoot(), 'fixtures/explanations/global.json'), 'utf8')) as {
  readonly x: readonly (readonly number[])[];
  readonly noisy: readonly number[];
  readonly partialDependence: {
    readonly grid: readonly number[];
    readonly mean: readonly number[];
    readonly first: readonly number[];
  };
  readonly importance: { readonly mean: readonly number[]; readonly errors: readonly number[] };
};

const inputs: Tensor = { shape: [oracle.x.length, 4], data: Float32Array.from(oracle.x.flat()) };

const known: Answers = {
  predict: (batch) => {
    const scores = zeros([rowsOf(batch), 1]);
    for (let i = 0; i < rowsOf(batch); i++) {
      const [a = NaN, b = NaN, c = NaN, d = NaN] = row(batch, i);
      scores.data[i] = Math.sin(a * b) + (c * c) / 2 - d;
    }
    return Promise.resolve(scores);
  },
};

test('partial dependence and individual lines', async () => {
  const { grid, mean, first } = oracle.partialDependence;
  const lines = await individualExpectations(
    known,
    inputs,
    [0],
    grid.map((value) => [value]),
    scoreAt(0),
  );
  // Float32 inputs and scores below 8.
  partialDependence(lines, grid.length).forEach((value, k) => expect(Math.abs(value - mean[k]!)).toBeLessThan(1e-6));
  lines.subarray(0, grid.length).forEach((value, k) => expect(Math.abs(value - first[k]!)).toBeLessThan(2e-6));
});

test('permutation importance, as far as 2,000 permutations there and 400 here can tell', async () => {
  const { rises } = await permutationImportance(
    known,
    inputs,
    (scores) => Float64Array.from(oracle.noisy, (truth, i) => (truth - (row(scores, i)[0] ?? NaN)) ** 2),
    { names: ['a', 'b', 'c', 'd'], of: Int32Array.of(0, 1, 2, 3) },
    400,
    randomStreams(7),
  );
  // The errors there are those of 2,000; four standard errors of the difference.
  const { mean, errors } = oracle.importance;
  rises.forEach((rise, j) => expect(Math.abs(rise - mean[j]!)).toBeLessThan(4 * errors[j]! * Math.sqrt(6)));
});
