/** Columns with mean 0 and deviation 1 (over n). A column that never changes is all zeros, with a deviation of 0. */
export interface Design {
  readonly rows: number;
  readonly columns: readonly Float64Array[];
  readonly means: Float64Array;
  readonly deviations: Float64Array;
}

/** A linear function of the standardized columns while it is fitted. */
export interface LinearState {
  intercept: number;
  readonly coefficients: Float64Array;
}

const MAXIMUM_SWEEPS = 10_000;
/** Steps whose square, in units of the response, is below this are lost to rounding. */
const TOLERANCE = 1e-24;

const { abs, max, sign, sqrt } = Math;

export function standardized(values: readonly ArrayLike<number>[]): Design {
  const rows = values[0]?.length ?? 0;
  const means = new Float64Array(values.length);
  const deviations = new Float64Array(values.length);
  const columns = values.map((own, j) => {
    let [mean, squares] = [0, 0];
    for (let i = 0; i < rows; i++) mean += (own[i] ?? NaN) / rows;
    for (let i = 0; i < rows; i++) squares += ((own[i] ?? NaN) - mean) ** 2 / rows;
    const deviation = sqrt(squares);
    means[j] = mean;
    deviations[j] = deviation;
    return Float64Array.from({ length: rows }, (_, i) => (deviation === 0 ? 0 : ((own[i] ?? NaN) - mean) / deviation));
  });
  return { rows, columns, means, deviations };
}

/**
 * Minimizes sum_i w_i (z_i - b - x_i beta)^2 / (2 n) + lambda sum_j |beta_j| by cyclic coordinate descent over the coefficients
 * that are not 0, with sweeps over all of them in between (Friedman, Hastie & Tibshirani 2010, Regularization Paths for
 * Generalized Linear Models via Coordinate Descent, section 2).
 *
 * @param state where it starts; left at the minimum
 */
export function descend(
  design: Design,
  response: Float64Array,
  weights: Float64Array,
  lambda: number,
  state: LinearState,
): void {
  const residuals = residualsOf(design, response, state);
  const curvatures = Float64Array.from(design.columns, (column) => weightedProduct(column, column, weights));
  const scale = max(weightedProduct(response, response, weights), Number.MIN_VALUE);
  const all = Int32Array.from(design.columns, (_, j) => j).filter((j) => (curvatures[j] ?? 0) > 0);
  for (let sweeps = 0; sweeps < MAXIMUM_SWEEPS; sweeps++) {
    if (sweep(design, all, residuals, weights, curvatures, lambda, state) <= TOLERANCE * scale) return;
    const active = all.filter((j) => state.coefficients[j] !== 0);
    while (sweeps++ < MAXIMUM_SWEEPS) {
      if (sweep(design, active, residuals, weights, curvatures, lambda, state) <= TOLERANCE * scale) break;
    }
  }
}

/** z_i - b - x_i beta */
export function residualsOf({ rows, columns }: Design, response: Float64Array, state: LinearState): Float64Array {
  const residuals = new Float64Array(rows);
  for (let i = 0; i < rows; i++) residuals[i] = (response[i] ?? NaN) - state.intercept;
  columns.forEach((column, j) => addScaled(residuals, column, -(state.coefficients[j] ?? NaN)));
  return residuals;
}

/** sum_i w_i a_i b_i / n */
export function weightedProduct(a: Float64Array, b: Float64Array, weights: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (weights[i] ?? NaN) * (a[i] ?? NaN) * (b[i] ?? NaN);
  return sum / a.length;
}

/** One pass over some coefficients and the intercept. Returns the largest drop of the squares that a step stood for. */
function sweep(
  { columns }: Design,
  which: Int32Array,
  residuals: Float64Array,
  weights: Float64Array,
  curvatures: Float64Array,
  lambda: number,
  state: LinearState,
): number {
  let largest = centre(residuals, weights, state);
  const { coefficients } = state;
  for (let k = 0; k < which.length; k++) {
    const j = which[k] ?? -1;
    const column = columns[j];
    if (column === undefined) continue;
    const [curvature, before] = [curvatures[j] ?? NaN, coefficients[j] ?? NaN];
    const pull = weightedProduct(column, residuals, weights) + curvature * before;
    const after = (sign(pull) * max(abs(pull) - lambda, 0)) / curvature;
    coefficients[j] = after;
    if (after === before) continue;
    addScaled(residuals, column, before - after);
    largest = max(largest, curvature * (after - before) ** 2);
  }
  return largest;
}

/** Moves the intercept to its minimum. */
function centre(residuals: Float64Array, weights: Float64Array, state: LinearState): number {
  let [sum, total] = [0, 0];
  for (let i = 0; i < residuals.length; i++) {
    sum += (weights[i] ?? NaN) * (residuals[i] ?? NaN);
    total += weights[i] ?? NaN;
  }
  const step = sum / total;
  state.intercept += step;
  for (let i = 0; i < residuals.length; i++) residuals[i] = (residuals[i] ?? NaN) - step;
  return (total / residuals.length) * step * step;
}

function addScaled(sum: Float64Array, values: Float64Array, scale: number): void {
  if (scale === 0) return;
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? NaN) + scale * (values[i] ?? NaN);
}
