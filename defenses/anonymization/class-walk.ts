import { AssayError } from '#base/errors';
import { grouped } from '#base/format';
import type { ClassSummary, EncodedColumn, EncodedTable } from './contract.js';
import { recordsOf } from './encoding/weights.js';
import { coded, sumByGroup, type CodedColumn } from './group-rows.js';
import { combinationsOf, sumsOfAgreeing, type GroupedRows, type MissingConvention } from './match-counts.js';

/** A class of a table as models see it. Where missing matches everything, classes are those of each combination, and overlap. */
export interface WalkedClass extends ClassSummary {
  /** The first row of the encoded table that has the combination. */
  readonly row: number;
  /** Records of the combination itself: those whose class this is. */
  readonly records: number;
}

export interface Walk {
  readonly table: EncodedTable;
  /** With the quasi-identifiers of the table alone, in its order, and with its codes. */
  readonly population: EncodedTable | null;
  readonly missing: MissingConvention;
  /** Positions of the columns whose values are counted. */
  readonly sensitive: readonly number[];
}

export interface WalkedTable {
  /** Of the records of the table, those whose quasi-identifiers are all missing. They are in no class. */
  readonly suppressed: number;
  readonly combinations: number;
  /** Records of the population with a quasi-identifier; 0 without one. */
  readonly people: number;
  /** Of them: those with whom no record of the table agrees. */
  readonly absent: number;
}

/** Numbers that are kept where classes overlap: 400 MB of them. */
const MAX_COUNTS = 5e7;

/**
 * Shows every class of a table, in the order in which the records first show them. The counts of a class are good for one call only.
 *
 * @throws AssayError `data` where missing matches everything in too many ways to go through them
 */
export function walkClasses(walk: Walk, visit: (members: WalkedClass) => void): WalkedTable {
  const { table, population, missing } = walk;
  const columns = jointColumns(table, population);
  const rows = table.rows + (population?.rows ?? 0);
  const combinations = combinationsOf(columns, rows);
  const rowAt = (position: number) => combinations.kept[position] ?? 0;
  const records = sumByGroup(combinations.grouping, (position) => weightOf(table, rowAt(position)));
  const people = sumByGroup(combinations.grouping, (position) => weightOf(population, rowAt(position) - table.rows));
  const sums = sumsOfAgreeing(columns, combinations.first, [records, people], missing);
  const [sizes = records, matched = people] = sums;
  const counter =
    missing === 'own-value' ? countsByClass(walk, combinations) : countsAcross(walk, columns, combinations);
  let shown = 0;
  let absent = 0;
  for (let i = 0; i < records.length; i++) {
    const own = records[i] ?? 0;
    if (own === 0) {
      if (sizes[i] === 0) absent += people[i] ?? 0;
      continue;
    }
    shown += 1;
    visit({
      row: combinations.first[i] ?? 0,
      records: own,
      size: sizes[i] ?? 0,
      population: matched[i] ?? 0,
      counts: counter(i),
    });
  }
  return {
    suppressed: recordsOf(table) - sumOf(records),
    combinations: shown,
    people: sumOf(people),
    absent,
  };
}

/** How many records a row stands for; none where the table has no such row. */
function weightOf(table: EncodedTable | null, row: number): number {
  if (table === null || row < 0 || row >= table.rows) return 0;
  return table.weights?.[row] ?? 1;
}

function sumOf(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The quasi-identifiers of the table with those of the population below them. */
function jointColumns(table: EncodedTable, population: EncodedTable | null): CodedColumn[] {
  const own = table.columns.filter(({ role }) => role === 'quasi-identifier');
  if (population === null) return own.map(coded);
  return own.map((column, i) => {
    const codes = new Int32Array(table.rows + population.rows);
    codes.set(column.codes);
    codes.set(population.columns[i]?.codes ?? [], table.rows);
    return { codes, size: column.dictionary.length };
  });
}

type Counter = (combination: number) => readonly Int32Array[];

/** Goes through the records of one class after the other, with one array a column for all classes. */
function countsByClass({ table, sensitive }: Walk, { kept, grouping: { group, count } }: GroupedRows): Counter {
  const columns = columnsAt(table, sensitive);
  const { order, start } = inOrderOf(group, count);
  const counts = columns.map(({ dictionary }) => new Int32Array(dictionary.length));
  return (combination) => {
    for (const [c, { codes }] of columns.entries()) {
      const own = counts[c] ?? new Int32Array(0);
      own.fill(0);
      for (let i = start[combination] ?? 0; i < (start[combination + 1] ?? 0); i++) {
        const row = kept[order[i] ?? 0] ?? 0;
        if (row >= table.rows) continue;
        const code = codes[row] ?? 0;
        own[code] = (own[code] ?? 0) + weightOf(table, row);
      }
    }
    return counts;
  };
}

/** Positions sorted by their group, each group in the order of the rows, and where each begins. */
function inOrderOf(group: Int32Array, count: number): { readonly order: Int32Array; readonly start: Int32Array } {
  const start = new Int32Array(count + 1);
  for (const each of group) start[each + 1] = (start[each + 1] ?? 0) + 1;
  for (let i = 0; i < count; i++) start[i + 1] = (start[i + 1] ?? 0) + (start[i] ?? 0);
  const next = start.slice();
  const order = new Int32Array(group.length);
  for (let position = 0; position < group.length; position++) {
    const each = group[position] ?? 0;
    order[next[each] ?? 0] = position;
    next[each] = (next[each] ?? 0) + 1;
  }
  return { order, start };
}

/** The counts of one combination are a sum over all that agree with it, code by code. */
function countsAcross(
  { table, sensitive, missing }: Walk,
  quasi: readonly CodedColumn[],
  { kept, grouping, first }: GroupedRows,
): Counter {
  const columns = columnsAt(table, sensitive);
  const all = columns.reduce((sum, { dictionary }) => sum + dictionary.length, 0) * first.length;
  if (all > MAX_COUNTS) {
    throw new AssayError('data', {
      what: `the sensitive values of ${grouped(first.length)} combinations, each with all that agree with it, are too many to count`,
      mend: 'Use `missing: own-value`.',
    });
  }
  const sums = columns.map(({ codes, dictionary }) => {
    const weights = Array.from(dictionary, (_, code) =>
      sumByGroup(grouping, (position) => {
        const row = kept[position] ?? 0;
        return codes[row] === code ? weightOf(table, row) : 0;
      }),
    );
    return sumsOfAgreeing(quasi, first, weights, missing);
  });
  return (combination) => sums.map((ofColumn) => Int32Array.from(ofColumn, (sum) => sum[combination] ?? 0));
}

function columnsAt({ columns }: EncodedTable, positions: readonly number[]): EncodedColumn[] {
  return positions.flatMap((position) => columns[position] ?? []);
}
