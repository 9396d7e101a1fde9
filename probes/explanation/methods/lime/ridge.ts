import { solveInPlace } from '../concepts/cholesky.js';

/** Weighted observations of a response. */
export interface Observations {
  readonly columns: number;
  /** [rows, columns] */
  readonly values: Float64Array;
  readonly responses: Float64Array;
  /** One a row, above 0 for some. */
  readonly weights: Float64Array;
}

export interface RidgeFit {
  readonly intercept: number;
  readonly coefficients: Float64Array;
  /** Of the drawing of rows (the sandwich of White 1980), around what the penalty leaves. */
  readonly standardErrors: Float64Array;
  /** The share of the weighted variance of responses that the fit explains; NaN where they do not vary. */
  readonly explained: number;
}

/**
 * The linear function with the least weighted squared error plus `penalty` times the sum of its squared coefficients; the
 * intercept is free (Hoerl & Kennard 1970).
 */
export function weightedRidge({ columns, values, responses, weights }: Observations, penalty: number): RidgeFit {
  const means = weightedMeans(values, columns, weights);
  const [mean = NaN] = weightedMeans(responses, 1, weights);
  const centred = values.map((value, i) => value - (means[i % columns] ?? NaN));
  const inverse = inverseOf(normalMatrix(centred, columns, weights, penalty), columns);
  const side = new Float64Array(columns);
  for (let row = 0, at = 0; row < weights.length; row++) {
    const part = (weights[row] ?? NaN) * ((responses[row] ?? NaN) - mean);
    for (let i = 0; i < columns; i++, at++) side[i] = (side[i] ?? NaN) + part * (centred[at] ?? NaN);
  }
  const coefficients = new Float64Array(columns);
  product(inverse, side, 0, coefficients);
  const intercept = means.reduce((left, value, i) => left - value * (coefficients[i] ?? NaN), mean);
  const squares = new Float64Array(columns);
  const influence = new Float64Array(columns);
  let [residue, spread] = [0, 0];
  for (let row = 0; row < weights.length; row++) {
    const weight = weights[row] ?? NaN;
    const deviation = (responses[row] ?? NaN) - mean;
    let residual = deviation;
    for (let i = 0; i < columns; i++) residual -= (coefficients[i] ?? NaN) * (centred[row * columns + i] ?? NaN);
    residue += weight * residual * residual;
    spread += weight * deviation * deviation;
    product(inverse, centred, row * columns, influence);
    for (let i = 0; i < columns; i++)
      squares[i] = (squares[i] ?? NaN) + ((influence[i] ?? NaN) * weight * residual) ** 2;
  }
  return { intercept, coefficients, standardErrors: squares.map(Math.sqrt), explained: 1 - residue / spread };
}

function weightedMeans(values: Float64Array, columns: number, weights: Float64Array): Float64Array {
  const sums = new Float64Array(columns);
  let total = 0;
  for (let row = 0, at = 0; row < weights.length; row++) {
    const weight = weights[row] ?? NaN;
    total += weight;
    for (let i = 0; i < columns; i++, at++) sums[i] = (sums[i] ?? NaN) + weight * (values[at] ?? NaN);
  }
  return sums.map((sum) => sum / total);
}

/** The lower triangle alone. */
function normalMatrix(centred: Float64Array, columns: number, weights: Float64Array, penalty: number): Float64Array {
  const matrix = new Float64Array(columns * columns);
  for (let row = 0, at = 0; row < weights.length; row++, at += columns) {
    for (let i = 0; i < columns; i++) {
      const part = (weights[row] ?? NaN) * (centred[at + i] ?? NaN);
      if (part === 0) continue;
      for (let j = 0, cell = i * columns; j <= i; j++, cell++) {
        matrix[cell] = (matrix[cell] ?? NaN) + part * (centred[at + j] ?? NaN);
      }
    }
  }
  for (let i = 0; i < columns; i++) matrix[i * columns + i] = (matrix[i * columns + i] ?? NaN) + penalty;
  return matrix;
}

/** @param matrix its lower triangle; overwritten */
function inverseOf(matrix: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  const sides = Array.from({ length: size }, (_, i) => inverse.subarray(i * size, (i + 1) * size));
  sides.forEach((side, i) => (side[i] = 1));
  solveInPlace(matrix, sides);
  return inverse;
}

/** A square matrix times the vector that begins at `from`. */
function product(matrix: Float64Array, vector: Float64Array, from: number, into: Float64Array): void {
  for (let i = 0, cell = 0; i < into.length; i++) {
    let sum = 0;
    for (let j = 0; j < into.length; j++, cell++) sum += (matrix[cell] ?? NaN) * (vector[from + j] ?? NaN);
    into[i] = sum;
  }
}
