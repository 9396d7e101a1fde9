import { AssayError } from '#base/errors';
import { grouped } from '#base/format';
import { recordsOf } from './encoding/weights.js';
import { firstOfEach, groupRows, MISSING, sumByGroup, type CodedColumn, type Grouping } from './group-rows.js';

/**
 * When a quasi-identifier is missing: it is a value of its own, which only other missing values equal, or it agrees
 * with every value (sdcMicro: Templ, Kowarik and Meindl 2015, section 3.1).
 */
export type MissingConvention = 'own-value' | 'matches-everything';

/** Records with the same quasi-identifiers, missing ones at the same places. */
export interface Combination {
  /** The first row that has it. */
  readonly row: number;
  readonly records: number;
  /** How many records agree with these, themselves included: the size of their class. */
  readonly matches: number;
}

export interface MatchCounts {
  /** In the order of the table. */
  readonly combinations: readonly Combination[];
  /** Records with no quasi-identifier left: they are in no class, and nobody's class counts them. */
  readonly suppressed: number;
}

/** Steps of the comparison between patterns of missing values: two to three minutes. */
const MAX_STEPS = 1e9;

/**
 * Counts for each record how many agree with it on the quasi-identifiers. Linear in rows times columns, times the
 * number of patterns of missing values where missing matches everything: at most 2^columns, and in real tables few.
 *
 * @param weights how many records each row stands for; default 1
 * @throws AssayError `data` where there are so many patterns that comparing them would not end in good time
 */
export function countMatches(
  columns: readonly CodedColumn[],
  rows: number,
  convention: MissingConvention,
  weights?: Int32Array,
): MatchCounts {
  const { kept, grouping, first } = combinationsOf(columns, rows);
  const records = sumByGroup(grouping, (position) => weights?.[kept[position] ?? 0] ?? 1);
  const [matches = records] = sumsOfAgreeing(columns, first, [records], convention);
  return {
    combinations: Array.from(first, (row, i) => ({ row, records: records[i] ?? 0, matches: matches[i] ?? 0 })),
    suppressed: recordsOf({ rows, weights }) - records.reduce((sum, count) => sum + count, 0),
  };
}

/** Rows put together by equal values, missing ones at the same places. */
export interface GroupedRows {
  /** Rows with a value in any column; the others are suppressed. */
  readonly kept: Int32Array;
  /** Of the kept rows. Combinations are numbered in the order in which the rows first show them. */
  readonly grouping: Grouping;
  /** The first row of each combination. */
  readonly first: Int32Array;
}

export function combinationsOf(columns: readonly CodedColumn[], rows: number): GroupedRows {
  const kept = keptRows(columns, rows);
  const grouping = groupRows(columns, kept);
  return { kept, grouping, first: firstOfEach(grouping).map((position) => kept[position] ?? 0) };
}

function keptRows(columns: readonly CodedColumn[], rows: number): Int32Array {
  const all = Int32Array.from({ length: rows }, (_, row) => row);
  return all.filter((row) => columns.some(({ codes }) => codes[row] !== MISSING));
}

/**
 * For each combination the sum of a weight over all combinations that agree with it, itself included.
 *
 * @param first a row of each combination
 * @param weights one number a combination, each
 * @throws AssayError `data` as {@link countMatches} does
 */
export function sumsOfAgreeing(
  columns: readonly CodedColumn[],
  first: Int32Array,
  weights: readonly Float64Array[],
  convention: MissingConvention,
): readonly Float64Array[] {
  return convention === 'own-value' ? weights : sumsAcrossPatterns(columns, first, weights);
}

/** Combinations with the same places missing; they differ from each other in a value that each of them has. */
interface Pattern {
  /** Positions in the list of combinations. */
  readonly members: readonly number[];
  readonly isPresent: readonly boolean[];
}

/**
 * Two combinations match when they agree where neither is missing. Between two patterns these places are the same for
 * all members, so their matches are found by grouping the members of both on the columns that both have.
 */
function sumsAcrossPatterns(
  columns: readonly CodedColumn[],
  rows: Int32Array,
  weights: readonly Float64Array[],
): Float64Array[] {
  const patterns = patternsOf(columns, rows);
  checkEffort(patterns.length, rows.length, columns.length * weights.length);
  const sums = weights.map((weight) => weight.slice());
  for (const [i, one] of patterns.entries()) {
    for (const other of patterns.slice(i + 1)) {
      const shared = columns.filter((_, column) => one.isPresent[column] === true && other.isPresent[column] === true);
      const members = [...one.members, ...other.members];
      const grouping = groupRows(
        shared,
        members.map((member) => rows[member] ?? 0),
      );
      for (const [w, weight] of weights.entries()) {
        addAcross(sums[w] ?? weight, weight, members, one.members.length, grouping);
      }
    }
  }
  return sums;
}

/** Adds to each member of one pattern what agrees with it in the other; the first `ones` members are of the one. */
function addAcross(
  sums: Float64Array,
  weight: Float64Array,
  members: readonly number[],
  ones: number,
  grouping: Grouping,
): void {
  const weightOf = (position: number) => weight[members[position] ?? 0] ?? 0;
  const fromOne = sumByGroup(grouping, (position) => (position < ones ? weightOf(position) : 0));
  const fromOther = sumByGroup(grouping, (position) => (position < ones ? 0 : weightOf(position)));
  for (const [position, member] of members.entries()) {
    const across = position < ones ? fromOther : fromOne;
    sums[member] = (sums[member] ?? 0) + (across[grouping.group[position] ?? 0] ?? 0);
  }
}

function patternsOf(columns: readonly CodedColumn[], rows: Int32Array): Pattern[] {
  const presence = columns.map(({ codes }) => ({ codes: codes.map((code) => Math.min(code, 1)), size: 2 }));
  const { group, count } = groupRows(presence, rows);
  const members = Array.from({ length: count }, (): number[] => []);
  for (const [position, pattern] of group.entries()) members[pattern]?.push(position);
  return members.map((positions) => ({
    members: positions,
    isPresent: columns.map(({ codes }) => codes[rows[positions[0] ?? 0] ?? 0] !== MISSING),
  }));
}

function checkEffort(patterns: number, combinations: number, columns: number): void {
  if (patterns * combinations * columns <= MAX_STEPS) return;
  throw new AssayError('data', {
    what: `values are missing in ${grouped(patterns)} different patterns over ${grouped(combinations)} combinations, too many to compare each with each`,
    mend: 'Use `missing: own-value`, which counts fewer matches and so is stricter.',
  });
}
