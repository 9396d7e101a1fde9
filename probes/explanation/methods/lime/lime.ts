import { weightedRidge, type RidgeFit } from './ridge.js';

/** Inputs around a sample, as a person sees them. */
export interface Neighbourhood {
  /** Interpretable features. */
  readonly columns: number;
  /** [rows, columns]: of each input what the local model sees. The first row is the sample itself. */
  readonly values: Float64Array;
  /** How far each input is from the sample. */
  readonly distances: Float64Array;
}

export interface LimeOptions {
  /** In the units of distances. */
  readonly kernelWidth: number;
  /** Of the sum of squared coefficients. */
  readonly penalty: number;
  /** How many features the local model may have. */
  readonly limit: number;
}

export interface LocalModel extends RidgeFit {
  /** In ascending order; all others have the coefficient 0. */
  readonly chosen: Int32Array;
}

/** Of the fit by which features are chosen, as in lime. */
const SELECTION_PENALTY = 0.01;

/**
 * Local interpretable model-agnostic explanations (Ribeiro, Singh & Guestrin 2016, arXiv:1602.04938): a ridge regression of
 * the scores around a sample, each weighted by sqrt(exp(-d^2 / width^2)), the kernel of the authors' library.
 *
 * Where fewer features are allowed than there are, those are chosen that add the most to the sample's own prediction in a
 * nearly unpenalized fit of all (`highest_weights` of that library).
 */
export function lime(
  { columns, values, distances }: Neighbourhood,
  responses: Float64Array,
  { kernelWidth, penalty, limit }: LimeOptions,
): LocalModel {
  const weights = distances.map((distance) => Math.sqrt(Math.exp(-((distance / kernelWidth) ** 2))));
  const every = { columns, values, responses, weights };
  const chosen =
    limit >= columns
      ? Int32Array.from({ length: columns }, (_, i) => i)
      : strongest(weightedRidge(every, SELECTION_PENALTY).coefficients, values, limit);
  const fit = weightedRidge({ ...every, columns: chosen.length, values: only(values, columns, chosen) }, penalty);
  const coefficients = new Float64Array(columns);
  const standardErrors = new Float64Array(columns);
  chosen.forEach((column, i) => {
    coefficients[column] = fit.coefficients[i] ?? NaN;
    standardErrors[column] = fit.standardErrors[i] ?? NaN;
  });
  return { ...fit, coefficients, standardErrors, chosen };
}

function strongest(coefficients: Float64Array, values: Float64Array, limit: number): Int32Array {
  const parts = coefficients.map((coefficient, i) => Math.abs(coefficient * (values[i] ?? NaN)));
  const order = Int32Array.from(parts, (_, i) => i).sort((a, b) => (parts[b] ?? 0) - (parts[a] ?? 0) || a - b);
  return order.slice(0, limit).sort();
}

function only(values: Float64Array, columns: number, chosen: Int32Array): Float64Array {
  const rows = values.length / columns;
  const kept = new Float64Array(rows * chosen.length);
  for (let row = 0, to = 0; row < rows; row++) {
    for (const column of chosen) kept[to++] = values[row * columns + column] ?? NaN;
  }
  return kept;
}
