import { AssayError } from '#base/errors';
import { grouped } from '#base/format';
import type { EncodedColumn, EncodedTable, Release, ReleasedColumn } from '../contract.js';
import { quasiIdentifiersOf } from '../encoding/tuples.js';
import { groupRows, MISSING } from '../group-rows.js';
import {
  asNumeric,
  decimalsOf,
  momentsOf,
  numberOf,
  numbersOf,
  textOf,
  type NumericColumn,
} from '../numeric-values.js';
import { rowsInOrder } from '../row-order.js';
import { mdavGroups } from './mdav.js';
import type { MicroaggregationOptions } from './options.js';

export interface Microaggregation {
  /** Of the columns that were aggregated, each value replaced by the mean of its group. */
  readonly release: Release;
  readonly loss: InformationLoss;
}

/** How far the released values are from the original ones, columns standardized; suppressed cells do not count. */
export interface InformationLoss {
  /** Squared distances to the released values. */
  readonly sse: number;
  /** Squared distances to the means of the columns. */
  readonly sst: number;
  /** 100 sse / sst: 0 where nothing is lost, 100 where a mean stands for the whole table. */
  readonly percent: number;
}

/** Coordinates looked at: ten minutes or so. 30,000 rows of 8 columns in groups of 3 take 4e9. */
const MOST_STEPS = 1e12;

/**
 * Replaces numbers, dates and times by means of groups of at least k records that are near each other, in columns standardized to mean
 * 0 and standard deviation 1: {@link mdavGroups}. What the columns have in common, their mean, stays (but where it is rounded).
 *
 * Missing values stay missing: records with the same columns missing are grouped among themselves, by the others. Where they are fewer
 * than k they are suppressed, and so is a table of fewer than k rows. The share of a released value is the width of its group over that of
 * the column. Words have no mean: generalize them.
 *
 * @throws AssayError `config` for a column that is not there, or none; `data` for one without numbers, and for a table so large that the
 * quadratic time would be more than minutes
 */
export function microaggregate(table: EncodedTable, options: MicroaggregationOptions): Microaggregation {
  const columns = columnsOf(table, options).map((column) => asNumeric(column, 'microaggregation'));
  checkEffort(table.rows, columns.length, options.k);
  const axes = columns.map(axisOf);
  const { groupOf, groups } = groupsOf(axes, table.rows, options.k);
  const released = axes.map((axis) => meansOf(axis, groupOf, groups, options));
  const loss = lossOf(axes, released, groupOf);
  return {
    release: {
      columns: released,
      suppressed: Uint8Array.from(groupOf, (group) => (group < 0 ? 1 : 0)),
      ...classesOf(released, groupOf),
      method: {
        name: 'MDAV microaggregation',
        optimal: false,
        facts: { k: options.k, groups, 'SSE / SST, %': loss.percent },
      },
    },
    loss,
  };
}

/** A column, standardized. */
interface Axis {
  readonly column: NumericColumn;
  /** By code; NaN for missing. */
  readonly numbers: Float64Array;
  readonly mean: number;
  /** 1 where all values are equal. */
  readonly deviation: number;
}

function columnsOf(table: EncodedTable, { columns: names }: MicroaggregationOptions): readonly EncodedColumn[] {
  const columns = names === undefined ? quasiIdentifiersOf(table) : names.map((name) => columnOf(table, name));
  if (columns.length > 0) return columns;
  throw new AssayError('config', {
    what: 'the table has no quasi-identifier to aggregate',
    mend: 'Give a column that role, or name columns.',
  });
}

function columnOf({ columns }: EncodedTable, name: string): EncodedColumn {
  const column = columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  throw new AssayError('config', {
    what: `the table has no column ${name}`,
    mend: `It has ${columns.map((other) => other.name).join(', ')}.`,
  });
}

function checkEffort(rows: number, dimensions: number, k: number): void {
  if ((rows / k) * rows * dimensions <= MOST_STEPS) return;
  throw new AssayError('data', {
    what: `microaggregation of ${grouped(rows)} rows in groups of ${k} would take hours, since its time grows with the square of the rows`,
    mend: 'Use Mondrian, or a larger k.',
  });
}

function axisOf(column: NumericColumn): Axis {
  const numbers = numbersOf(column);
  const { mean, deviation } = momentsOf(column.codes, numbers);
  return { column, numbers, mean, deviation: deviation > 0 ? deviation : 1 };
}

/** Records with the same columns missing, group by group; -1 where they are too few for one. */
function groupsOf(axes: readonly Axis[], rows: number, k: number): { groupOf: Int32Array; groups: number } {
  const groupOf = new Int32Array(rows).fill(-1);
  let groups = 0;
  for (const members of byPattern(axes, rows)) {
    if (members.length < k) continue;
    const present = axes.filter(({ column }) => column.codes[members[0] ?? 0] !== MISSING);
    const within =
      present.length === 0 ? new Int32Array(members.length) : mdavGroups(pointsOf(present, members), present.length, k);
    const first = groups;
    for (const [i, row] of members.entries()) {
      const group = first + (within[i] ?? 0);
      groupOf[row] = group;
      groups = Math.max(groups, group + 1);
    }
  }
  return { groupOf, groups };
}

/** The rows of each pattern of missing values, in the order of the table. */
function byPattern(axes: readonly Axis[], rows: number): number[][] {
  const presence = axes.map(({ column }) => ({ codes: column.codes.map((code) => Math.min(code, 1)), size: 2 }));
  const { group, count } = groupRows(presence, rowsInOrder(rows));
  const members = Array.from({ length: count }, (): number[] => []);
  for (const [row, pattern] of group.entries()) members[pattern]?.push(row);
  return members;
}

function pointsOf(axes: readonly Axis[], members: readonly number[]): Float64Array {
  const points = new Float64Array(members.length * axes.length);
  for (const [i, row] of members.entries()) {
    for (const [d, axis] of axes.entries()) points[i * axes.length + d] = standardized(axis, numberIn(axis, row));
  }
  return points;
}

function standardized({ mean, deviation }: Axis, value: number): number {
  return (value - mean) / deviation;
}

function numberIn({ column, numbers }: Axis, row: number): number {
  return numbers[column.codes[row] ?? MISSING] ?? NaN;
}

/** Code 0 is missing, code 1 + i the mean of group i. */
function meansOf(
  axis: Axis,
  groupOf: Int32Array,
  groups: number,
  { decimals }: MicroaggregationOptions,
): ReleasedColumn {
  const { type, name } = axis.column;
  const ofGroups = Array.from({ length: groups }, () => ({ count: 0, sum: 0, low: Infinity, high: -Infinity }));
  for (const [row, group] of groupOf.entries()) {
    const value = numberIn(axis, row);
    const ofGroup = ofGroups[group];
    if (ofGroup === undefined || Number.isNaN(value)) continue;
    ofGroup.count++;
    ofGroup.sum += value;
    ofGroup.low = Math.min(ofGroup.low, value);
    ofGroup.high = Math.max(ofGroup.high, value);
  }
  const width = widthOf(axis.numbers);
  const places = decimals === 'column' ? decimalsOf(axis.column) : null;
  return {
    name,
    codes: groupOf.map((group) => group + 1),
    labels: [null, ...ofGroups.map(({ count, sum }) => (count === 0 ? null : textOf(sum / count, type, places)))],
    shares: Float64Array.from([
      0,
      ...ofGroups.map(({ count, low, high }) => (count === 0 || width === 0 ? 0 : (high - low) / width)),
    ]),
  };
}

function widthOf(numbers: Float64Array): number {
  let low = Infinity;
  let high = -Infinity;
  for (const number of numbers) {
    if (number < low) low = number;
    if (number > high) high = number;
  }
  return high > low ? high - low : 0;
}

/** Groups whose means are written alike are one class. */
function classesOf(columns: readonly ReleasedColumn[], groupOf: Int32Array): Pick<Release, 'classOf' | 'classes'> {
  const kept = rowsInOrder(groupOf.length).filter((row) => (groupOf[row] ?? -1) >= 0);
  const written = columns.map(({ codes, labels }) => {
    const known = new Map<string | null, number>();
    const alike = labels.map((label) => known.get(label) ?? (known.set(label, known.size), known.size - 1));
    return { codes: codes.map((code) => alike[code] ?? 0), size: known.size };
  });
  const { group, count } = groupRows(written, kept);
  const classOf = new Int32Array(groupOf.length).fill(-1);
  for (const [i, row] of kept.entries()) classOf[row] = group[i] ?? -1;
  return { classOf, classes: count };
}

function lossOf(axes: readonly Axis[], released: readonly ReleasedColumn[], groupOf: Int32Array): InformationLoss {
  let sse = 0;
  let sst = 0;
  for (const [i, axis] of axes.entries()) {
    const labels = released[i]?.labels ?? [];
    const means = labels.map((label) => (label === null ? NaN : standardized(axis, numberOf(label, axis.column.type))));
    for (const [row, group] of groupOf.entries()) {
      const value = standardized(axis, numberIn(axis, row));
      if (group < 0 || Number.isNaN(value)) continue;
      sse += (value - (means[group + 1] ?? NaN)) ** 2;
      sst += value ** 2;
    }
  }
  return { sse, sst, percent: sst === 0 ? 0 : (100 * sse) / sst };
}
