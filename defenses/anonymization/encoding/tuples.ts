import type { EncodedColumn, EncodedTable } from '../contract.js';
import { histogramOfRows, type Histogram } from './histogram.js';
import { KeyNumbers } from './key-numbers.js';
import { LANE_LIMIT, MixedRadix } from './mixed-radix.js';

/** Rows for each different one, as a guess that does no harm where it is wrong. */
const LIKELY_REPEATED = 16;

/** Equal rows put together as tuples, numbered by first appearance. */
export interface EqualRows {
  readonly count: number;
  /** The tuple of each row. */
  readonly tupleOf: Int32Array;
  /** The first row of each tuple. */
  readonly firstOf: Int32Array;
}

/** The different combinations of values in some columns, numbered by first appearance. */
export interface DistinctRows extends Omit<EqualRows, 'firstOf'> {
  /** By column: the code of each tuple. */
  readonly codes: readonly Int32Array[];
  /** By tuple: its rows. 0 for one that only the population has; those come last. */
  readonly sizes: Int32Array;
}

/** The different combinations of quasi-identifiers of a table, as {@link DistinctRows}. */
export interface Tuples extends DistinctRows {
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

/**
 * Puts equal rows together, in time and memory proportional to rows times columns, and adds up what they stand for. Missing is a value of
 * its own.
 */
export function distinctTuples(table: EncodedTable, { population, sensitive = [] }: TupleOptions = {}): Tuples {
  const rows = table.rows;
  const columns = quasiIdentifiersOf(table);
  if (population === undefined) {
    const tuples = distinctRows(rows, columns);
    const sizes = table.weights === undefined ? tuples.sizes : sumsOf(table.weights, tuples.tupleOf, tuples.count);
    return { ...tuples, sizes, population: null, histograms: histogramsOf(sensitive, tuples) };
  }
  const tuples = distinctRows(
    rows + population.rows,
    columns.map((column, i) => ({ ...column, codes: joined(column.codes, population.columns[i]?.codes) })),
  );
  const [own, people] = [tuples.tupleOf.slice(0, rows), tuples.tupleOf.subarray(rows)];
  return {
    ...tuples,
    tupleOf: own,
    sizes: sumsOf(table.weights, own, tuples.count),
    population: sumsOf(population.weights, people, tuples.count),
    histograms: histogramsOf(sensitive, { ...tuples, tupleOf: own }),
  };
}

/** Puts equal rows together, in time and memory proportional to rows times columns. Missing is a value of its own. */
export function equalRows(rows: number, columns: readonly EncodedColumn[]): EqualRows {
  // Most often nothing is missing: then the keys are made without a look for it.
  const guessed = keysOf(rows, columns, () => 1);
  const { keys, lanes } = guessed.isRight ? guessed : keysOf(rows, columns, lowestOf);
  const tupleOf = new Int32Array(rows);
  const first = new Int32Array(rows);
  const count = new KeyNumbers().number(keys, lanes, rows, tupleOf, first, rows / LIKELY_REPEATED);
  return { count, tupleOf, firstOf: first.subarray(0, count) };
}

function distinctRows(rows: number, columns: readonly EncodedColumn[]): DistinctRows {
  const { count, tupleOf, firstOf } = equalRows(rows, columns);
  const codes = columns.map((column) => codesAt(firstOf, column.codes));
  return { count, tupleOf, codes, sizes: sumsOf(undefined, tupleOf, count) };
}

interface Keys {
  readonly keys: Int32Array;
  readonly lanes: number;
  /** Whether no code is below the lowest that was given for its column; else the keys of different rows may be equal. */
  readonly isRight: boolean;
}

/** A key for each row. */
function keysOf(rows: number, columns: readonly EncodedColumn[], ask: (codes: Int32Array) => number): Keys {
  const lowest = lowestCodes(columns, ask);
  const radix = new MixedRadix(columns.map(({ dictionary }, i) => dictionary.length - (lowest[i] ?? 0)));
  const keys = radix.zeros(rows);
  let isRight = true;
  for (const [i, { codes }] of columns.entries()) isRight = isRight && radix.add(keys, i, codes, lowest[i] ?? 0);
  return { keys, lanes: radix.lanes, isRight };
}

/**
 * By column the code that its digits begin with: 1 where no value is missing. That is asked while a digit less may save a lane, where it
 * saves most first.
 */
function lowestCodes(columns: readonly EncodedColumn[], ask: (codes: Int32Array) => number): readonly number[] {
  const lowest = columns.map(() => 0);
  let combinations = columns.reduce((product, { dictionary }) => product * dictionary.length, 1);
  const byLength = [...columns.entries()].sort(([, a], [, b]) => a.dictionary.length - b.dictionary.length);
  for (const [i, { codes, dictionary }] of byLength) {
    if (combinations <= LANE_LIMIT) break;
    lowest[i] = ask(codes);
    combinations *= 1 - (lowest[i] ?? 0) / dictionary.length;
  }
  return lowest;
}

/** 0 where a value is missing, else 1. */
function lowestOf(codes: Int32Array): number {
  // `includes` takes twice as long.
  for (let row = 0; row < codes.length; row++) if (codes[row] === 0) return 0;
  return 1;
}

function histogramsOf(sensitive: readonly EncodedColumn[], { tupleOf, count }: DistinctRows): readonly Histogram[] {
  return sensitive.map((column) => histogramOfRows(column, tupleOf, count));
}

function joined(own: Int32Array, people: Int32Array = new Int32Array(0)): Int32Array {
  const both = new Int32Array(own.length + people.length);
  both.set(own);
  both.set(people, own.length);
  return both;
}

/** @param rows which of them */
export function codesAt(rows: Int32Array, codes: Int32Array): Int32Array {
  const found = new Int32Array(rows.length);
  for (let i = 0; i < found.length; i++) found[i] = codes[rows[i] ?? 0] ?? 0;
  return found;
}

/** By number: the weights of its rows, 1 each where there are none. */
export function sumsOf(weights: Int32Array | undefined, numbers: Int32Array, count: number): Int32Array {
  const sums = new Int32Array(count);
  if (weights === undefined) {
    for (let i = 0; i < numbers.length; i++) sums[numbers[i] ?? 0] = (sums[numbers[i] ?? 0] ?? 0) + 1;
  } else {
    for (let i = 0; i < numbers.length; i++) sums[numbers[i] ?? 0] = (sums[numbers[i] ?? 0] ?? 0) + (weights[i] ?? 0);
  }
  return sums;
}
