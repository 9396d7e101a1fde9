import type { RandomStreams } from '#stats/random';
import type { EncodedColumn } from '../contract.js';
import { asNumeric, decimalsOf, momentsOf, numbersOf, textOf, type NumericColumn } from '../numeric-values.js';
import type { NoiseOptions } from './options.js';
import { protectedBy, withTexts, type ProtectedColumn } from './protected-column.js';

interface Noisy {
  readonly column: NumericColumn;
  readonly numbers: Float64Array;
  readonly mean: number;
  readonly deviation: number;
}

/**
 * Additive Gaussian noise: to each value comes e with mean 0 and a standard deviation of `amount` times that of the column. Correlated, the
 * noise of a row has amount^2 times the covariance of the columns (Kim 1986, "A method for limiting disclosure in microdata based on random
 * noise and transformation"; Brand 2002, section 2.2): then correlations are the same in expectation, and variances 1 + amount^2 times
 * what they were. Covariances are taken of rows where no column is missing. Missing values stay missing.
 *
 * @param random a row's noise is drawn from its own stream, one number a column in their order
 * @returns in the order of the columns
 * @throws AssayError `data` where a column has no numbers, dates or times
 */
export function addNoise(
  given: readonly EncodedColumn[],
  options: NoiseOptions,
  random: RandomStreams,
): readonly ProtectedColumn[] {
  const columns = given.map((column) => noisy(asNumeric(column, 'noise')));
  const root = options.correlated ? choleskyRoot(covarianceOf(columns)) : diagonal(columns);
  const rows = given[0]?.codes.length ?? 0;
  const noise = columns.map(() => new Float64Array(rows));
  for (let row = 0; row < rows; row++) {
    const source = random.of(row);
    const normals = columns.map(() => source.normal());
    for (const [i, ofColumn] of noise.entries()) {
      ofColumn[row] = options.amount * normals.reduce((sum, normal, j) => sum + (root[i]?.[j] ?? 0) * normal, 0);
    }
  }
  return columns.map((column, i) => withNoise(column, noise[i] ?? new Float64Array(0), options));
}

function noisy(column: NumericColumn): Noisy {
  const numbers = numbersOf(column);
  const { mean, deviation } = momentsOf(column.codes, numbers);
  return { column, numbers, mean, deviation };
}

function withNoise({ column, numbers }: Noisy, noise: Float64Array, { round, limit }: NoiseOptions): ProtectedColumn {
  const places = round ? decimalsOf(column) : null;
  // A sum that is not rounded is no integer any more.
  const type = column.type === 'integer' && !round ? 'number' : column.type;
  const [lowest, highest] = limit ? endsOf(column.codes, numbers) : [-Infinity, Infinity];
  const changed = withTexts(column, (row) => {
    const code = column.codes[row] ?? 0;
    if (code === 0) return null;
    const value = (numbers[code] ?? 0) + (noise[row] ?? 0);
    return textOf(Math.min(highest, Math.max(lowest, value)), column.type, places);
  });
  return protectedBy(column, { ...changed, type });
}

function endsOf(codes: Int32Array, numbers: Float64Array): [number, number] {
  let lowest = Infinity;
  let highest = -Infinity;
  for (const code of codes) {
    const number = numbers[code] ?? NaN;
    if (number < lowest) lowest = number;
    if (number > highest) highest = number;
  }
  return [lowest, highest];
}

function diagonal(columns: readonly Noisy[]): number[][] {
  return columns.map(({ deviation }, i) => columns.map((_, j) => (i === j ? deviation : 0)));
}

function covarianceOf(columns: readonly Noisy[]): number[][] {
  const rows = Array.from(columns[0]?.column.codes.keys() ?? []).filter((row) =>
    columns.every(({ column }) => (column.codes[row] ?? 0) > 0),
  );
  const valueOf = ({ column, numbers }: Noisy, row: number) => numbers[column.codes[row] ?? 0] ?? 0;
  const means = columns.map((column) => rows.reduce((sum, row) => sum + valueOf(column, row), 0) / rows.length);
  return columns.map((one, i) =>
    columns.map((other, j) => {
      const products = rows.reduce(
        (sum, row) => sum + (valueOf(one, row) - (means[i] ?? 0)) * (valueOf(other, row) - (means[j] ?? 0)),
        0,
      );
      return rows.length < 2 ? 0 : products / (rows.length - 1);
    }),
  );
}

/** The lower triangle L with L L' = A. Columns that follow from others, or are constant, leave a zero on the diagonal. */
function choleskyRoot(matrix: readonly (readonly number[])[]): number[][] {
  const root = matrix.map((row) => row.map(() => 0));
  const at = (i: number, j: number) => root[i]?.[j] ?? 0;
  for (const [i, row] of matrix.entries()) {
    for (let j = 0; j <= i; j++) {
      let rest = row[j] ?? 0;
      for (let m = 0; m < j; m++) rest -= at(i, m) * at(j, m);
      const pivot = at(j, j);
      const target = root[i];
      if (target === undefined) continue;
      // What is left of a variance that others explain is rounding.
      if (i === j) target[j] = rest > 1e-12 * (row[j] ?? 0) ? Math.sqrt(rest) : 0;
      else target[j] = pivot > 0 ? rest / pivot : 0;
    }
  }
  return root;
}
