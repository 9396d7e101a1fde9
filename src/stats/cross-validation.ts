import { permutation, type Rng } from '#stats/random';

/** Which of a number of folds each row is in, as even as they can be. */
export function foldsOf(rows: number, folds: number, source: Rng): Int32Array {
  const fold = new Int32Array(rows);
  permutation(rows, source).forEach((row, rank) => (fold[row] = rank % folds));
  return fold;
}

/**
 * The least size whose error is within a standard error of the least one (Breiman et al. 1984, section 3.4.3, the rule of one
 * standard error), an index.
 *
 * @param errors [rows][sizes], of a row when it was not fitted on; sizes from the least to the largest
 */
export function leastWithinOneError(errors: readonly Float64Array[]): number {
  const sizes = errors[0]?.length ?? 0;
  const mean = new Float64Array(sizes);
  for (const row of errors)
    for (let k = 0; k < sizes; k++) mean[k] = (mean[k] ?? NaN) + (row[k] ?? NaN) / errors.length;
  const least = mean.indexOf(mean.reduce((a, b) => Math.min(a, b), Infinity));
  let squares = 0;
  for (const row of errors) squares += ((row[least] ?? NaN) - (mean[least] ?? NaN)) ** 2;
  const standardError = Math.sqrt(squares / Math.max(errors.length - 1, 1) / errors.length);
  // A share of rounding, so that sizes with equal errors tie.
  const bar = (mean[least] ?? NaN) + standardError + 1e-12 * Math.abs(mean[least] ?? NaN);
  return mean.findIndex((error) => error <= bar);
}
