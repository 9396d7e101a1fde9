import { solveInPlace } from './cholesky.js';

/** A linear classifier as a sum over its rows: w = sum_i alpha_i x_i, and f(x) = w . x + b. */
export interface LinearClassifier {
  readonly alphas: Float64Array;
  readonly intercept: number;
}

const MAXIMUM_STEPS = 100;
/** Steps of f, in units of the largest, that are lost to rounding. */
const TOLERANCE = 1e-10;
/** Keeps the matrix finite where a row is far on its side; the minimum does not depend on it. */
const LEAST_WEIGHT = 1e-6;

const { abs, exp, log1p, max } = Math;

/**
 * L2-regularized logistic regression with a free intercept: minimizes sum_i log(1 + exp(-y_i f(x_i))) / n + lambda |w|^2 / 2,
 * y = +-1, by Newton's method on the coefficients of the rows (Jaakkola & Haussler 1999; Zhu & Hastie 2005, Kernel Logistic
 * Regression). The work does not depend on how long a row is.
 *
 * @param gram [n, n]: products of the rows with each other
 * @param labels one a row: 1 or 0
 */
export function kernelLogistic(gram: Float64Array, labels: Uint8Array, lambda: number): LinearClassifier {
  const n = labels.length;
  let current: LinearClassifier = { alphas: new Float64Array(n), intercept: 0 };
  let values = new Float64Array(n);
  let cost = costOf(current.alphas, values, values, labels, lambda);
  for (let step = 0; step < MAXIMUM_STEPS; step++) {
    const full = newtonStep(gram, labels, lambda, values);
    let share = 1;
    for (;;) {
      const alphas = full.alphas.map((value, i) => (1 - share) * (current.alphas[i] ?? NaN) + share * value);
      const intercept = (1 - share) * current.intercept + share * full.intercept;
      const products = productsOf(gram, alphas);
      const next = products.map((value) => value + intercept);
      const nextCost = costOf(alphas, products, next, labels, lambda);
      // A full step that overshoots is halved; one that is only rounding is taken.
      if (nextCost > cost + 1e-13 * abs(cost) && share > 1e-6) {
        share /= 2;
        continue;
      }
      const largest = next.reduce((most, value, i) => max(most, abs(value - (values[i] ?? NaN))), 0);
      const size = next.reduce((most, value) => max(most, abs(value)), 1e-300);
      [current, values, cost] = [{ alphas, intercept }, next, nextCost];
      if (largest <= TOLERANCE * size) return current;
      break;
    }
  }
  return current;
}

/**
 * Where the quadratic model of the loss at `values` has its minimum: (K + n lambda / W) alpha + b = z, sum of alpha = 0, with
 * the working response z.
 */
function newtonStep(gram: Float64Array, labels: Uint8Array, lambda: number, values: Float64Array): LinearClassifier {
  const n = labels.length;
  const matrix = gram.slice();
  const response = new Float64Array(n);
  const ones = new Float64Array(n).fill(1);
  for (let i = 0; i < n; i++) {
    const value = values[i] ?? NaN;
    const probability = 1 / (1 + exp(-value));
    const weight = max(probability * (1 - probability), LEAST_WEIGHT);
    matrix[i * n + i] = (matrix[i * n + i] ?? NaN) + (n * lambda) / weight;
    response[i] = value + ((labels[i] ?? NaN) - probability) / weight;
  }
  solveInPlace(matrix, [response, ones]);
  const intercept = sumOf(response) / sumOf(ones);
  return { alphas: response.map((value, i) => value - intercept * (ones[i] ?? NaN)), intercept };
}

/** @param products w . x_i; @param values w . x_i + b */
function costOf(
  alphas: Float64Array,
  products: Float64Array,
  values: Float64Array,
  labels: Uint8Array,
  lambda: number,
): number {
  let [loss, norm] = [0, 0];
  for (let i = 0; i < alphas.length; i++) {
    const margin = labels[i] === 1 ? (values[i] ?? NaN) : -(values[i] ?? NaN);
    loss += (max(-margin, 0) + log1p(exp(-abs(margin)))) / alphas.length;
    norm += (alphas[i] ?? NaN) * (products[i] ?? NaN);
  }
  return loss + (lambda * norm) / 2;
}

export function productsOf(gram: Float64Array, alphas: Float64Array): Float64Array {
  const n = alphas.length;
  const products = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += (gram[i * n + k] ?? NaN) * (alphas[k] ?? NaN);
    products[i] = sum;
  }
  return products;
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
