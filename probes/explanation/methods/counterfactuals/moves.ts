import { rowSize, rowsOf } from '#base/tensor';
import type { ScalarColumn, TableColumn } from '#target/domain';
import { nearestValue, positionsOf } from '#target/table-domain';
import type { Question } from './question.js';

/** New values for what can only, or may as well, be changed together. */
export interface Move {
  /** Moves of one unit exclude each other. */
  readonly unit: number;
  readonly positions: readonly number[];
  readonly values: readonly number[];
}

/** Values of one unit that are tried, at most, and moves in all. */
const VALUES = 256;
const MOVES = 2 ** 14;
/** Parts into which the range of a column is cut where the background has nothing to offer. */
const PARTS = 16;

/**
 * What can be changed about a row: each column that is not immutable to each of the values that background rows have there,
 * and all columns that relations tie to each other to what one background row has in them.
 *
 * @param unseen also values of the range, and categories, that no background row has
 */
export function movesOf(question: Question, unseen: boolean): Move[] {
  const units = unitsOf(question);
  const limit = Math.max(2, Math.min(VALUES, Math.floor(MOVES / Math.max(1, units.length))));
  return units.flatMap((columns, unit) => {
    const positions = columns.flatMap(positionsOf);
    const own = positions.map((position) => question.original[position] ?? NaN);
    const found = new Map([[own.join(), own]]);
    const [column] = columns;
    const invented = unseen && columns.length === 1 && column !== undefined ? inventedValues(column) : [];
    for (const values of [...seenValues(question, positions), ...invented]) found.set(values.join(), values);
    found.delete(own.join());
    return spread([...found.values()], limit).map((values) => ({ unit, positions, values }));
  });
}

export function moved(row: Float32Array, { positions, values }: Move): Float32Array {
  const next = row.slice();
  positions.forEach((position, i) => (next[position] = values[i] ?? NaN));
  return next;
}

/** Each column that can be changed, and each set of such columns that relations tie together. */
export function unitsOf({ columns, domain }: Pick<Question, 'columns' | 'domain'>): TableColumn[][] {
  const mutable = columns.filter(({ immutable }) => !immutable);
  const groups = new Map(mutable.map((column) => [column, new Set([column])]));
  for (const { terms } of domain.relations ?? []) {
    const places = new Set(terms.map(({ position }) => position));
    const tied = mutable.filter((column) => positionsOf(column).some((position) => places.has(position)));
    const group = new Set(tied.flatMap((column) => [...(groups.get(column) ?? [])]));
    for (const column of group) groups.set(column, group);
  }
  const tied = [...new Set(groups.values())].filter(({ size }) => size > 1);
  return [...mutable.map((column) => [column]), ...tied.map((group) => [...group])];
}

function seenValues({ background }: Question, positions: readonly number[]): number[][] {
  const size = rowSize(background);
  return Array.from({ length: rowsOf(background) }, (_, i) =>
    positions.map((position) => background.data[i * size + position] ?? NaN),
  );
}

function inventedValues(column: TableColumn): number[][] {
  if (column.kind === 'one-hot') return column.positions.map((one) => column.positions.map((each) => +(each === one)));
  return Array.from({ length: PARTS + 1 }, (_, i) => [Math.fround(nearestValue(column, partOf(column, i / PARTS)))]);
}

function partOf({ range: [low, high] }: ScalarColumn, share: number): number {
  return low + share * (high - low);
}

/** So many of the values that the ends, and about as many of each part between them, are there. */
function spread(values: number[][], limit: number): number[][] {
  if (values.length <= limit) return values;
  const sorted = values.toSorted((a, b) => (a[0] ?? NaN) - (b[0] ?? NaN));
  return Array.from({ length: limit }, (_, i) => sorted[Math.round((i * (sorted.length - 1)) / (limit - 1))] ?? []);
}
