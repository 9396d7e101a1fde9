import type { ScalarColumn, TableColumn } from './domain.js';

/** What a row has in a column, as a reader of the data knows it: the name of a category, or a number in its own units. */
export function wordOf(column: TableColumn, row: ArrayLike<number>): string {
  if (column.kind !== 'one-hot') return scalarWord(column, row[column.position] ?? NaN);
  const chosen = column.positions.findIndex((position) => (row[position] ?? NaN) > 0.5);
  return column.categories[chosen] ?? 'none';
}

/** A value, given in the units of the domain. Float32 has about seven digits. */
export function scalarWord({ units: { offset, factor }, categories }: ScalarColumn, value: number): string {
  const own = offset + factor * value;
  return categories?.[Math.round(own)] ?? String(Number(own.toPrecision(6)));
}
