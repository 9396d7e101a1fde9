import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { rng } from '#stats/random';
import { descend, standardized, weightedProduct } from './coordinate-descent.js';
import { lambdasOf, linearAnswer, sparseLinear, sparsePath, type LinearData, type SparseFit } from './sparse-linear.js';

interface Fit {
  readonly lambda: number;
  readonly intercept: number;
  readonly coefficients: readonly number[];
}

const oracle = JSON.parse(readFileSync(join(packageRoot(), 'fixtures/explanations/global.json'), 'utf8')) as {
  readonly x: readonly (readonly number[])[];
  readonly numbers: readonly number[];
  readonly lasso: readonly Fit[];
  readonly logistic: readonly Fit[];
};

const values = [0, 1, 2, 3].map((j) => Float64Array.from(oracle.x, (row) => row[j]!));
const numbers: LinearData = { values, answers: Float64Array.from(oracle.numbers) };
const yesNo: LinearData = { values, answers: Float64Array.from(oracle.numbers, (value) => Number(value > 0)) };

function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found).toHaveLength(expected.length);
  for (let i = 0; i < found.length; i++) expect(Math.abs(found[i]! - expected[i]!)).toBeLessThan(tolerance);
}

describe('the coefficients of scikit-learn', () => {
  test.each(oracle.lasso)('least squares, lambda $lambda', (expected) => {
    const [fit] = sparsePath(numbers, 'numbers', [expected.lambda]);
    expectNear(fit!.perDeviation, expected.coefficients, 1e-9);
  });

  test.each(oracle.logistic)('logistic, lambda $lambda', (expected) => {
    const [fit] = sparsePath(yesNo, 'yes-no', [expected.lambda]);
    // SAGA is a stochastic method: its own last steps are 1e-9.
    expectNear(fit!.perDeviation, expected.coefficients, 1e-7);
  });
});

/** The gradient of the smooth part by each standardized coefficient, and by the intercept last. */
function slopes({ values: columns, answers }: LinearData, fit: SparseFit, family: 'numbers' | 'yes-no'): number[] {
  const residuals = Float64Array.from(answers, (answer, i) => {
    const said = linearAnswer(
      fit,
      columns.map((column) => column[i]!),
    );
    return answer - (family === 'numbers' ? said : 1 / (1 + Math.exp(-said)));
  });
  const ones = new Float64Array(answers.length).fill(1);
  return [...standardized(columns).columns, ones].map((column) => weightedProduct(column, residuals, ones));
}

describe.each([
  ['numbers', numbers],
  ['yes-no', yesNo],
] as const)('%s: the conditions of the minimum (Karush, Kuhn and Tucker)', (family, data) => {
  test('hold all along the path', () => {
    for (const fit of sparsePath(data, family, lambdasOf(data).slice(0, 40))) {
      const found = slopes(data, fit, family);
      expect(Math.abs(found.pop()!)).toBeLessThan(1e-9);
      found.forEach((slope, j) => {
        const coefficient = fit.perDeviation[j]!;
        if (coefficient === 0) expect(Math.abs(slope)).toBeLessThanOrEqual(fit.lambda + 1e-9);
        else expect(Math.abs(slope - Math.sign(coefficient) * fit.lambda)).toBeLessThan(1e-9);
      });
    }
  });

  test('the path starts where the first coefficient leaves 0', () => {
    const [first = NaN] = lambdasOf(data);
    const [at, below] = sparsePath(data, family, [first * (1 + 1e-9), first * 0.999]);
    expect([at!.terms, below!.terms]).toEqual([0, 1]);
  });
});

test('with orthogonal columns the lasso is the soft threshold of least squares', () => {
  // The columns of a Hadamard matrix, without the first.
  const columns = [0, 1, 2].map((j) => Float64Array.from([0, 1, 2, 3], (i) => hadamard(i, j + 1)));
  const answers = Float64Array.of(5, -1, 2, 0.5);
  const products = columns.map((column) => weightedProduct(column, answers, new Float64Array(4).fill(1)));
  const [fit] = sparsePath({ values: columns, answers }, 'numbers', [0.7]);
  const expected = products.map((product) => Math.sign(product) * Math.max(Math.abs(product) - 0.7, 0));
  expectNear(fit!.perDeviation, expected, 1e-12);
  expect(Math.abs(fit!.intercept - 1.625)).toBeLessThan(1e-12);
});

function hadamard(i: number, j: number): number {
  return ((i & j & 1) + ((i & j) >> 1)) % 2 === 0 ? 1 : -1;
}

test('a weight of 2 counts as the row twice', () => {
  const source = rng('weights');
  const once = [0, 1, 2].map(() => Float64Array.from({ length: 20 }, () => source.normal()));
  const answers = Float64Array.from({ length: 20 }, () => source.normal());
  const twice = (column: Float64Array) => Float64Array.from([...column, ...column.slice(0, 5)]);
  const weights = new Float64Array(20).fill(1).fill(2, 0, 5);
  const design = (columns: Float64Array[]) => ({ ...standardized(columns), columns });
  const weighted = { intercept: 0, coefficients: new Float64Array(3) };
  const doubled = { intercept: 0, coefficients: new Float64Array(3) };
  // Both divide by their own number of rows.
  descend(design(once), answers, weights, 0.1 / 20, weighted);
  descend(design(once.map(twice)), twice(answers), new Float64Array(25).fill(1), 0.1 / 25, doubled);
  expectNear(weighted.coefficients, doubled.coefficients, 1e-10);
});

test('a column that never changes has no coefficient and does no harm', () => {
  const data: LinearData = { ...numbers, values: [new Float64Array(120).fill(3), ...values] };
  const [fit] = sparsePath(data, 'numbers', [0.1]);
  const [plain] = sparsePath(numbers, 'numbers', [0.1]);
  expect(fit!.coefficients[0]).toBe(0);
  expectNear(fit!.coefficients.slice(1), plain!.coefficients, 1e-12);
});

describe('a size by cross-validation', () => {
  const source = rng('sparse');
  const wide = Array.from({ length: 20 }, () => Float64Array.from({ length: 300 }, () => source.normal()));
  const signal = (i: number) => 2 * wide[3]![i]! - wide[11]![i]! + 0.5;
  const noisy = Float64Array.from({ length: 300 }, (_, i) => signal(i) + source.normal());
  const options = { maximumTerms: 10, folds: 5 };

  test('a planted function of 2 of 20 columns keeps both with few others, and their signs', () => {
    const fit = sparseLinear({ values: wide, answers: noisy }, 'numbers', options, rng('folds'));
    expect(fit.coefficients[3]).toBeGreaterThan(1.5);
    expect(fit.coefficients[11]).toBeLessThan(-0.5);
    expect(fit.terms).toBeLessThanOrEqual(5);
  });

  test('and so does one of yes and no', () => {
    const answers = noisy.map((value) => Number(value > 0));
    const fit = sparseLinear({ values: wide, answers }, 'yes-no', options, rng('folds'));
    expect(fit.coefficients[3]).toBeGreaterThan(0.5);
    expect(fit.coefficients[11]).toBeLessThan(-0.2);
    expect(fit.terms).toBeLessThanOrEqual(6);
  });

  test('never more terms than are allowed', () => {
    const fit = sparseLinear(
      { values: wide, answers: noisy },
      'numbers',
      { ...options, maximumTerms: 1 },
      rng('folds'),
    );
    expect(fit.terms).toBe(1);
    expect(fit.coefficients[3]).toBeGreaterThan(0);
  });

  test('answers that are all the same get a constant', () => {
    const fit = sparseLinear({ values: wide, answers: new Float64Array(300).fill(1) }, 'yes-no', options, rng('folds'));
    expect(fit.terms).toBe(0);
    expect(linearAnswer(fit, new Float64Array(20))).toBeGreaterThan(0);
  });

  test('noise gets no term', () => {
    const answers = Float64Array.from({ length: 300 }, () => source.normal());
    expect(sparseLinear({ values: wide, answers }, 'numbers', options, rng('folds')).terms).toBe(0);
  });
});
