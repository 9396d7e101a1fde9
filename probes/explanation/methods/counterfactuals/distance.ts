import { rowSize, rowsOf, type Tensor } from '#base/tensor';
import type { ScalarColumn, TableColumn } from '#target/domain';
import { positionsOf } from '#target/table-domain';

/** How far two rows are from each other. */
export type RowDistance = (a: ArrayLike<number>, b: ArrayLike<number>) => number;

/**
 * The distance of Wachter, Mittelstadt & Russell 2018 (equation 4): the sum over columns of |a - b| in median absolute deviations
 * of the background, so that columns count alike whatever their units. Another category counts 1. A column most rows of which
 * are equal has no such deviation: its mean absolute deviation stands in, or the width of its range.
 */
export function rowDistance(columns: readonly TableColumn[], background: Tensor): RowDistance {
  const weights = columns.map((column) => (column.kind === 'one-hot' ? 1 : 1 / deviationOf(column, background)));
  return (a, b) => {
    let sum = 0;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i];
      if (column === undefined) continue;
      if (column.kind === 'one-hot') sum += differs(column, a, b) ? 1 : 0;
      else sum += (weights[i] ?? NaN) * Math.abs((a[column.position] ?? NaN) - (b[column.position] ?? NaN));
    }
    return sum;
  };
}

/** Whether two rows have different values, or categories, in a column. */
export function differs(column: TableColumn, a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return column.kind === 'one-hot'
    ? column.positions.some((position) => a[position] !== b[position])
    : a[column.position] !== b[column.position];
}

/** The columns in which two rows differ, in the order of the table. */
export function changedColumns(
  columns: readonly TableColumn[],
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): TableColumn[] {
  return columns.filter((column) => differs(column, a, b));
}

/** Copies what a row has in some columns. */
export function copyColumns(
  columns: readonly TableColumn[],
  from: ArrayLike<number>,
  into: Float32Array,
): Float32Array {
  for (const column of columns) for (const position of positionsOf(column)) into[position] = from[position] ?? NaN;
  return into;
}

function deviationOf({ position, range: [low, high] }: ScalarColumn, background: Tensor): number {
  const size = rowSize(background);
  const values = Float64Array.from(
    { length: rowsOf(background) },
    (_, i) => background.data[i * size + position] ?? NaN,
  );
  const middle = medianOf(values);
  const deviations = values.map((value) => Math.abs(value - middle));
  const mean = deviations.reduce((sum, deviation) => sum + deviation, 0) / deviations.length;
  return [medianOf(deviations), mean, high - low].find((scale) => scale > 0) ?? 1;
}

function medianOf(values: Float64Array): number {
  const sorted = values.toSorted();
  const half = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? (sorted[half] ?? NaN) : ((sorted[half - 1] ?? NaN) + (sorted[half] ?? NaN)) / 2;
}
