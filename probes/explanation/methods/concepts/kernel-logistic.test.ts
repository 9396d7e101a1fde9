import { rng } from '#stats/random';
import { solveInPlace } from './cholesky.js';
import { kernelLogistic, productsOf } from './kernel-logistic.js';

const source = rng('kernel logistic');
const [ROWS, WIDTH] = [30, 5];
const rows = Array.from({ length: ROWS }, (_, i) =>
  Float64Array.from({ length: WIDTH }, (_, j) => source.normal() + (j === 2 && i < 15 ? 1.5 : 0)),
);
const labels = Uint8Array.from({ length: ROWS }, (_, i) => (i < 15 ? 1 : 0));

function gramOf(some: readonly Float64Array[]): Float64Array {
  return Float64Array.from({ length: some.length ** 2 }, (_, at) => {
    const [a, b] = [some[Math.floor(at / some.length)]!, some[at % some.length]!];
    return a.reduce((sum, value, j) => sum + value * b[j]!, 0);
  });
}

function weightsOf(alphas: Float64Array): Float64Array {
  return Float64Array.from({ length: WIDTH }, (_, j) => rows.reduce((sum, row, i) => sum + alphas[i]! * row[j]!, 0));
}

test.each([1, 0.1, 1e-3])('lambda %p: the gradient by every weight and the intercept is 0', (lambda) => {
  const { alphas, intercept } = kernelLogistic(gramOf(rows), labels, lambda);
  const w = weightsOf(alphas);
  const errors = rows.map((row, i) => {
    const value = row.reduce((sum, x, j) => sum + x * w[j]!, intercept);
    return 1 / (1 + Math.exp(-value)) - labels[i]!;
  });
  w.forEach((weight, j) => {
    const slope = errors.reduce((sum, error, i) => sum + error * rows[i]![j]!, 0) / ROWS;
    expect(Math.abs(slope + lambda * weight)).toBeLessThan(1e-9);
  });
  expect(Math.abs(errors.reduce((a, b) => a + b, 0))).toBeLessThan(1e-9);
});

test('a translation of all rows changes nothing but the intercept', () => {
  const moved = rows.map((row) => row.map((value, j) => value + 3 * j - 5));
  const here = kernelLogistic(gramOf(rows), labels, 0.1);
  const there = kernelLogistic(gramOf(moved), labels, 0.1);
  there.alphas.forEach((alpha, i) => expect(Math.abs(alpha - here.alphas[i]!)).toBeLessThan(1e-9));
  expect(Math.abs(there.intercept - here.intercept)).toBeGreaterThan(0.1);
});

test('rows that a plane separates do not run away, however small the penalty', () => {
  const gram = gramOf(rows.map((row, i) => Float64Array.from([...row, labels[i]! * 20 - 10])));
  const { alphas, intercept } = kernelLogistic(gram, labels, 1e-8);
  productsOf(gram, alphas).forEach((product, i) => expect(product + intercept > 0).toBe(labels[i] === 1));
});

test('a positive definite system is solved for several right-hand sides', () => {
  const gram = gramOf(rows);
  for (let i = 0; i < ROWS; i++) gram[i * ROWS + i]! += 1;
  const truths = [0, 1].map(() => Float64Array.from({ length: ROWS }, () => source.normal()));
  const sides = truths.map((truth) => productsOf(gram, truth));
  solveInPlace(gram.slice(), sides);
  // The largest eigenvalue is below 100 and the least above 1.
  sides.forEach((side, k) => side.forEach((x, i) => expect(Math.abs(x - truths[k]![i]!)).toBeLessThan(1e-12)));
});
