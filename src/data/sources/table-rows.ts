import { AssayError } from '#base/errors';
import { sizeOf } from '#base/tensor';
import type { TabularDomain } from '#target/domain';
import type { NumericArray } from '../numeric-array.js';
import type { Column, Table } from '../table.js';
import { nameHint } from '../tables/columns.js';
import { placesOf } from './named-labels.js';

/**
 * Rows of a table as inputs, in the units of the data: the columns that the domain declares, each by its name, ordinal
 * and one-hot ones encoded as they are declared.
 *
 * @param where the file, for messages
 * @throws AssayError `data` naming the column, and the row whose value it cannot have
 */
export function encodedRows(table: Table, { columns, shape }: TabularDomain, where: string): NumericArray {
  if (columns === undefined) {
    throw new AssayError('config', {
      where,
      what: '`columns` is "domain", and `target.domain.columns` is missing',
      mend: 'Declare the columns of the domain, or list those of the table that make the input.',
    });
  }
  const rows = emptyRows(table, shape, where);
  for (const column of columns) {
    const values = namedColumn(table, column.name, where).values;
    if (column.kind === 'one-hot') {
      fill(rows, column.positions, categoriesOf(column.categories, values, placeIn(where, column.name)));
    } else if (column.categories !== null) {
      fill(rows, [column.position], categoriesOf(column.categories, values, placeIn(where, column.name)));
    } else {
      fill(rows, [column.position], numbersOf(values, placeIn(where, column.name)));
    }
  }
  return rows;
}

/**
 * Rows of a table as inputs: the named columns side by side, one number each.
 *
 * @throws AssayError `data` naming the column, and the row without a number
 */
export function plainRows(
  table: Table,
  names: readonly string[],
  shape: readonly number[],
  where: string,
): NumericArray {
  const size = sizeOf(shape);
  if (names.length !== size) {
    throw new AssayError('config', {
      where,
      what: `\`columns\` names ${names.length}, and the target takes ${size} values a sample`,
      mend: 'Name one column for each position of the input, in the order of the model.',
    });
  }
  const rows = emptyRows(table, shape, where);
  for (const [position, name] of names.entries()) {
    fill(rows, [position], numbersOf(namedColumn(table, name, where).values, placeIn(where, name)));
  }
  return rows;
}

/** @throws AssayError `data` where there is none of that name */
export function namedColumn(table: Table, name: string, where: string): Column {
  const column = table.columns.find((each) => each.name === name);
  if (column !== undefined) return column;
  const names = table.columns.map((each) => each.name);
  throw new AssayError('data', {
    where: `${where}, header`,
    what: `there is no column ${JSON.stringify(name)}`,
    mend: nameHint(names, name),
  });
}

function emptyRows(table: Table, shape: readonly number[], where: string): NumericArray & { data: Float64Array } {
  return { name: where, shape: [table.rows, ...shape], data: new Float64Array(table.rows * sizeOf(shape)) };
}

/** One position takes the number; of several, which stand for categories, the one of the number takes a 1. */
function fill(
  { data, shape }: NumericArray & { data: Float64Array },
  positions: readonly number[],
  values: Float64Array,
): void {
  const size = sizeOf(shape.slice(1));
  const [only = -1] = positions;
  for (const [row, value] of values.entries()) {
    if (positions.length === 1) data[row * size + only] = value;
    else data[row * size + (positions[value] ?? -1)] = 1;
  }
}

function numbersOf(values: Column['values'], where: (row: number) => string): Float64Array {
  const truth = new Map([
    ['true', 1],
    ['false', 0],
  ]);
  return Float64Array.from(values, (value, row) => {
    const number = value === null || value.trim() === '' ? NaN : (truth.get(value) ?? Number(value));
    if (Number.isFinite(number)) return number;
    throw new AssayError('data', {
      where: where(row),
      what: value === null ? 'the value is missing' : `${JSON.stringify(value)} is no number`,
      mend: 'Every input has to be a finite number; declare columns of words in `target.domain.columns`.',
    });
  });
}

function categoriesOf(
  categories: readonly string[],
  values: Column['values'],
  where: (row: number) => string,
): Float64Array {
  const places = placesOf(categories);
  return Float64Array.from(values, (value, row) => {
    const place = places.get(value ?? '');
    if (place !== undefined) return place;
    throw new AssayError('data', {
      where: where(row),
      what: value === null ? 'the value is missing' : `${JSON.stringify(value)} is none of the declared categories`,
      mend: nameHint(categories, value ?? '').replace('The columns are', 'They are'),
    });
  });
}

function placeIn(where: string, column: string): (row: number) => string {
  return (row) => `${where}, column ${JSON.stringify(column)}, row ${row + 1}`;
}
