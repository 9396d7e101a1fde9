/**
 * Solves A x = b for several b by the Cholesky decomposition of a symmetric positive definite matrix.
 *
 * @param matrix [n, n], row by row; overwritten
 * @param sides each of length n; overwritten with the solutions
 */
export function solveInPlace(matrix: Float64Array, sides: readonly Float64Array[]): void {
  const n = Math.round(Math.sqrt(matrix.length));
  decompose(matrix, n);
  for (const side of sides) {
    for (let i = 0; i < n; i++) {
      let sum = side[i] ?? NaN;
      for (let k = 0; k < i; k++) sum -= (matrix[i * n + k] ?? NaN) * (side[k] ?? NaN);
      side[i] = sum / (matrix[i * n + i] ?? NaN);
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = side[i] ?? NaN;
      for (let k = i + 1; k < n; k++) sum -= (matrix[k * n + i] ?? NaN) * (side[k] ?? NaN);
      side[i] = sum / (matrix[i * n + i] ?? NaN);
    }
  }
}

/** The lower triangle becomes L with L L^T = A. */
function decompose(matrix: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j] ?? NaN;
      for (let k = 0; k < j; k++) sum -= (matrix[i * n + k] ?? NaN) * (matrix[j * n + k] ?? NaN);
      matrix[i * n + j] = i === j ? Math.sqrt(sum) : sum / (matrix[j * n + j] ?? NaN);
    }
  }
}
