import type { EncodedColumn, EncodedTable } from '../contract.js';
import { histogramOfRows, type Histogram } from './histogram.js';
import { KeyNumbers } from './key-numbers.js';
import { MixedRadix } from './mixed-radix.js';

/** The different combinations of quasi-identifiers of a table, numbered by first appearance. */
export interface Tuples {
  readonly count: number;
  /** The tuple of each row. */
  readonly tupleOf: Int32Array;
  /** By quasi-identifier: the code of each tuple. */
  readonly codes: readonly Int32Array[];
  /** By tuple: its rows. 0 for one that only the population has; those come last. */
  readonly sizes: Int32Array;
  /** By tuple: its records in the population; null without one. */
  readonly population: Int32Array | null;
  /** By sensitive column that was asked for: how often each of its codes occurs in each tuple. */
  readonly histograms: readonly Histogram[];
}

export interface TupleOptions {
  /** Its columns are the quasi-identifiers of the table, with the same dictionaries. */
  readonly population?: EncodedTable | undefined;
  /** Sensitive columns whose values are counted. */
  readonly sensitive?: readonly EncodedColumn[];
}

export function quasiIdentifiersOf(table: EncodedTable): readonly EncodedColumn[] {
  return table.columns.filter(({ role }) => role === 'quasi-identifier');
}

/** Puts equal rows together, in time and memory proportional to rows times columns. Missing is a value of its own. */
export function distinctTuples(
  table: EncodedTable,
  { population, sensitive = [] }: TupleOptions = {},
  numbers: KeyNumbers = new KeyNumbers(),
): Tuples {
  const rows = table.rows;
  const all = rows + (population?.rows ?? 0);
  const columns = quasiIdentifiersOf(table);
  const tupleOf = new Int32Array(all);
  const count = numberRows(columns, population, all, numbers, tupleOf);
  const own = population === undefined ? tupleOf : tupleOf.slice(0, rows);
  return {
    count,
    tupleOf: own,
    codes: columns.map((column, i) => codesByTuple(column, population?.columns[i], tupleOf, count)),
    sizes: countsOf(own, count),
    population: population === undefined ? null : countsOf(tupleOf.subarray(rows), count),
    histograms: sensitive.map(({ codes, dictionary }) => histogramOfRows(codes, dictionary.length, own, count)),
  };
}

function numberRows(
  columns: readonly EncodedColumn[],
  population: EncodedTable | undefined,
  all: number,
  numbers: KeyNumbers,
  tupleOf: Int32Array,
): number {
  // Most columns have no missing values, and a digit less in each may save a lane.
  const lowest = columns.map(({ codes }, i) => Math.min(lowestOf(codes), lowestOf(population?.columns[i]?.codes)));
  const radix = new MixedRadix(columns.map(({ dictionary }, i) => dictionary.length - (lowest[i] ?? 0)));
  const keys = radix.zeros(all);
  for (const [i, { codes, dictionary }] of columns.entries()) {
    const digitOf = Int32Array.from(dictionary, (_, code) => code - (lowest[i] ?? 0));
    radix.add(keys, i, codes, digitOf);
    const people = population?.columns[i];
    if (people !== undefined) radix.add(keys.subarray(codes.length * radix.lanes), i, people.codes, digitOf);
  }
  return numbers.number(keys, radix.lanes, all, tupleOf);
}

/** 0 where a value is missing, else 1. */
function lowestOf(codes: Int32Array | undefined): number {
  return codes?.includes(0) === true ? 0 : 1;
}

function codesByTuple(
  { codes }: EncodedColumn,
  people: EncodedColumn | undefined,
  tupleOf: Int32Array,
  count: number,
): Int32Array {
  const byTuple = new Int32Array(count);
  for (let row = 0; row < codes.length; row++) byTuple[tupleOf[row] ?? 0] = codes[row] ?? 0;
  const { codes: others } = people ?? { codes: new Int32Array(0) };
  for (let i = 0; i < others.length; i++) byTuple[tupleOf[codes.length + i] ?? 0] = others[i] ?? 0;
  return byTuple;
}

function countsOf(numbers: Int32Array, count: number): Int32Array {
  const counts = new Int32Array(count);
  for (let i = 0; i < numbers.length; i++) counts[numbers[i] ?? 0] = (counts[numbers[i] ?? 0] ?? 0) + 1;
  return counts;
}
