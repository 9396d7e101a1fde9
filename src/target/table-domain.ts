import { sizeOf } from '#base/tensor';
import type { ContinuousDomain, OneHotColumn, Relation, ScalarColumn, TableColumn, TabularDomain } from './domain.js';

/** Per position of an input: the lowest and the highest legal value. */
export interface Bounds {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Rounding of stored float32 that is forgiven, as a share of the largest number in question. */
const TOLERANCE = 1e-6;

const { abs, ceil, floor, max, min, round } = Math;

/** The range of every position: its column's, or that of the domain. */
export function boundsOf(domain: ContinuousDomain): Bounds {
  const size = sizeOf(domain.shape);
  const bounds: Bounds = {
    low: new Float64Array(size).fill(domain.range[0]),
    high: new Float64Array(size).fill(domain.range[1]),
  };
  for (const column of domain.kind === 'tabular' ? (domain.columns ?? []) : []) {
    const [low, high] = column.kind === 'one-hot' ? [0, 1] : column.range;
    for (const position of positionsOf(column)) {
      bounds.low[position] = low;
      bounds.high[position] = high;
    }
  }
  return bounds;
}

export function positionsOf(column: TableColumn): readonly number[] {
  return column.kind === 'one-hot' ? column.positions : [column.position];
}

/** The positions that nobody can change. */
export function immutablePositions({ columns = [] }: TabularDomain): ReadonlySet<number> {
  return new Set(columns.filter(({ immutable }) => immutable).flatMap(positionsOf));
}

/**
 * Whether a row is a legal input: finite, within the range of each column, on its grid, one category of each group, and
 * as all relations have it.
 *
 * @param original where it is given, what is immutable has to be as it is there
 */
export function isLegal(domain: TabularDomain, row: ArrayLike<number>, original?: ArrayLike<number>): boolean {
  return violations(domain, row, original, 1).length === 0;
}

/**
 * What is not legal about a row, one clause each, in the units of the data.
 *
 * @param limit how many are wanted at most
 */
export function violations(
  domain: TabularDomain,
  row: ArrayLike<number>,
  original?: ArrayLike<number>,
  limit = Infinity,
): readonly string[] {
  const found: string[] = [];
  const checks = [
    ...columnsOf(domain).map((column) => () => columnViolation(column, row, original)),
    ...(domain.relations ?? []).map((relation) => () => relationViolation(relation, row)),
  ];
  for (const check of checks) {
    if (found.length >= limit) break;
    const violation = check();
    if (violation !== null) found.push(violation);
  }
  return found;
}

/**
 * The nearest row (in the sum of squares) that is within all ranges, on all grids, and of one category in each group.
 * Relations between columns are not looked at: `isLegal` says whether they hold.
 *
 * @param original where it is given, what is immutable is taken from there
 */
export function nearestLegal(
  domain: TabularDomain,
  row: ArrayLike<number>,
  original?: ArrayLike<number>,
): Float32Array {
  const nearest = Float32Array.from(row);
  for (const column of columnsOf(domain)) {
    if (column.immutable && original !== undefined) {
      for (const position of positionsOf(column)) nearest[position] = original[position] ?? NaN;
    } else if (column.kind === 'one-hot') {
      choose(column, row, nearest);
    } else {
      nearest[column.position] = nearestValue(column, row[column.position] ?? NaN);
    }
  }
  return nearest;
}

/** The nearest legal value of a column; ties go up. */
export function nearestValue({ range: [low, high], grid }: ScalarColumn, value: number): number {
  if (grid === null) return min(max(value, low), high);
  const { origin, step } = grid;
  // An end of the range that is on the grid but for its rounding belongs to it.
  const first = ceil((low - origin) / step - TOLERANCE);
  const last = floor((high - origin) / step + TOLERANCE);
  return origin + step * min(max(round((value - origin) / step), first), last);
}

/** How far the weighted sum is above its bound, or away from it; at most 0 where the relation holds. */
export function excessOf({ terms, kind, bound }: Relation, row: ArrayLike<number>): number {
  const sum = terms.reduce((total, { position, weight }) => total + weight * (row[position] ?? NaN), 0);
  return kind === 'equal' ? abs(sum - bound) : sum - bound;
}

/** Without columns every position is a number in the range of the domain. */
export function columnsOf(domain: TabularDomain): readonly TableColumn[] {
  return (
    domain.columns ??
    Array.from({ length: sizeOf(domain.shape) }, (_, position): ScalarColumn => ({
      kind: 'numeric',
      name: `position ${position}`,
      immutable: false,
      position,
      range: domain.range,
      grid: null,
      categories: null,
      units: { offset: 0, factor: 1 },
    }))
  );
}

/** The category of the largest value, the first of equal ones: of all corners of the group the nearest. */
function choose({ positions }: OneHotColumn, row: ArrayLike<number>, into: Float32Array): void {
  let chosen = positions[0] ?? -1;
  for (const position of positions) if ((row[position] ?? NaN) > (row[chosen] ?? NaN)) chosen = position;
  for (const position of positions) into[position] = position === chosen ? 1 : 0;
}

function columnViolation(column: TableColumn, row: ArrayLike<number>, original?: ArrayLike<number>): string | null {
  const odd = positionsOf(column).find((position) => !Number.isFinite(row[position]));
  if (odd !== undefined) return `${column.name} is ${row[odd]}, which is no number`;
  return (
    (column.kind === 'one-hot' ? groupViolation(column, row) : valueViolation(column, row[column.position] ?? NaN)) ??
    (column.immutable && original !== undefined ? changed(column, row, original) : null)
  );
}

function valueViolation(column: ScalarColumn, value: number): string | null {
  const { name, range, grid } = column;
  const [low, high] = range;
  const slack = TOLERANCE * max(high - low, abs(low), abs(high));
  if (value < low - slack)
    return `${name} is ${inData(column, value)}, below its lowest legal value ${inData(column, low)}`;
  if (value > high + slack) {
    return `${name} is ${inData(column, value)}, above its highest legal value ${inData(column, high)}`;
  }
  if (grid === null || abs(value - nearestValue(column, value)) <= slack) return null;
  if (column.kind === 'ordinal') return `${name} has the code ${inData(column, value)}, which no category has`;
  const step = rounded(grid.step * column.units.factor);
  return `${name} is ${inData(column, value)}, which is no whole number of steps of ${step}`;
}

function groupViolation({ name, positions, categories }: OneHotColumn, row: ArrayLike<number>): string | null {
  const set = positions.flatMap((position, i) => (abs((row[position] ?? NaN) - 1) <= TOLERANCE ? [categories[i]] : []));
  const clear = positions.filter((position) => abs(row[position] ?? NaN) <= TOLERANCE);
  if (set.length + clear.length < positions.length) {
    const part = positions.findIndex((position) => {
      const value = row[position] ?? NaN;
      return abs(value) > TOLERANCE && abs(value - 1) > TOLERANCE;
    });
    return `${name} is ${rounded(row[positions[part] ?? -1] ?? NaN)} at ${categories[part]}, which is neither 0 nor 1`;
  }
  if (set.length === 1) return null;
  if (set.length === 0) return `${name} has no category, and exactly one is legal`;
  return `${name} has ${set.length} categories (${set.join(', ')}), and exactly one is legal`;
}

function changed(column: TableColumn, row: ArrayLike<number>, original: ArrayLike<number>): string | null {
  const moved = positionsOf(column).find((position) => {
    const before = original[position] ?? NaN;
    return !(abs((row[position] ?? NaN) - before) <= TOLERANCE * max(1, abs(before)));
  });
  if (moved === undefined) return null;
  if (column.kind === 'one-hot') return `${column.name} is immutable, and its category was changed`;
  const [from, to] = [original[moved] ?? NaN, row[moved] ?? NaN];
  return `${column.name} is immutable, and was changed from ${inData(column, from)} to ${inData(column, to)}`;
}

function relationViolation(relation: Relation, row: ArrayLike<number>): string | null {
  const { terms, bound, text } = relation;
  const size = terms.reduce((most, { position, weight }) => max(most, abs(weight * (row[position] ?? 0))), abs(bound));
  const excess = excessOf(relation, row);
  return excess <= TOLERANCE * terms.length * max(size, 1)
    ? null
    : `${text} does not hold: it is off by ${rounded(excess)}`;
}

function inData({ units: { offset, factor } }: ScalarColumn, value: number): number {
  return rounded(offset + factor * value);
}

/** Float32 has about seven digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
