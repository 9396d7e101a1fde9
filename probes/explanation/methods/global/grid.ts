/**
 * The lowest value and the quantiles at 1/n, 2/n, ..., 1, each one a value of the data (Hyndman & Fan 1996, type 1) and none
 * twice: ascending, at most n + 1.
 */
export function quantileGrid(values: ArrayLike<number>, n: number): number[] {
  const sorted = Float64Array.from(values).sort();
  const grid: number[] = [];
  for (let k = 0; k <= n && sorted.length > 0; k++) {
    // The least value that at least k / n of the data do not exceed; rounding of k * length / n is no rank more.
    const rank = Math.max(Math.ceil((k * sorted.length) / n - 1e-9), 1);
    const value = sorted[rank - 1] ?? NaN;
    if (value !== grid.at(-1)) grid.push(value);
  }
  return grid;
}
