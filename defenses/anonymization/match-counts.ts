import { AssayError } from '#base/errors';
import { grouped } from '#base/format';
import { encode, firstOfEach, groupRows, MISSING, sumByGroup, type EncodedColumn } from './group-rows.js';

/**
 * When a quasi-identifier is missing: it is a value of its own, which only other missing values equal, or it agrees
 * with every value (sdcMicro: Templ, Kowarik and Meindl 2015, section 3.1).
 */
export type MissingConvention = 'own-value' | 'matches-everything';

/** Records with the same quasi-identifiers, missing ones at the same places. */
export interface Combination {
  /** The first of the records, by its row in the table. */
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
 * @throws AssayError `data` where there are so many patterns that comparing them would not end in good time
 */
export function countMatches(
  columns: readonly (readonly (string | null)[])[],
  rows: number,
  convention: MissingConvention,
): MatchCounts {
  const encoded = columns.map(encode);
  const kept = keptRows(encoded, rows);
  const grouping = groupRows(encoded, kept);
  const first = firstOfEach(grouping).map((position) => kept[position] ?? 0);
  const records = sumByGroup(grouping, () => 1);
  const matches = convention === 'own-value' ? records : matchesAcrossPatterns(encoded, first, records);
  return {
    combinations: Array.from(first, (row, i) => ({ row, records: records[i] ?? 0, matches: matches[i] ?? 0 })),
    suppressed: rows - kept.length,
  };
}

function keptRows(columns: readonly EncodedColumn[], rows: number): Int32Array {
  const all = Int32Array.from({ length: rows }, (_, row) => row);
  return all.filter((row) => columns.some(({ codes }) => codes[row] !== MISSING));
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
function matchesAcrossPatterns(
  columns: readonly EncodedColumn[],
  rows: Int32Array,
  records: Float64Array,
): Float64Array {
  const patterns = patternsOf(columns, rows);
  checkEffort(patterns.length, rows.length, columns.length);
  const matches = records.slice();
  for (const [i, one] of patterns.entries()) {
    for (const other of patterns.slice(i + 1)) {
      const shared = columns.filter((_, column) => one.isPresent[column] === true && other.isPresent[column] === true);
      const members = [...one.members, ...other.members];
      const grouping = groupRows(
        shared,
        members.map((member) => rows[member] ?? 0),
      );
      const isOne = (position: number) => position < one.members.length;
      const weightOf = (position: number) => records[members[position] ?? 0] ?? 0;
      const fromOne = sumByGroup(grouping, (position) => (isOne(position) ? weightOf(position) : 0));
      const fromOther = sumByGroup(grouping, (position) => (isOne(position) ? 0 : weightOf(position)));
      for (const [position, member] of members.entries()) {
        const across = isOne(position) ? fromOther : fromOne;
        matches[member] = (matches[member] ?? 0) + (across[grouping.group[position] ?? 0] ?? 0);
      }
    }
  }
  return matches;
}

function patternsOf(columns: readonly EncodedColumn[], rows: Int32Array): Pattern[] {
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
