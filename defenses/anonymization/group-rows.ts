import type { EncodedColumn } from './contract.js';

/** A column as small integers: equal values have equal codes, and 0 is missing. */
export interface CodedColumn {
  readonly codes: Int32Array;
  /** Codes are below this. */
  readonly size: number;
}

export const MISSING = 0;

/** Rows put together by equal codes. Groups are numbered in the order in which the rows first show them. */
export interface Grouping {
  /** Of each row, in the order of the rows that were given. */
  readonly group: Int32Array;
  readonly count: number;
}

export function coded({ codes, dictionary }: EncodedColumn): CodedColumn {
  return { codes, size: dictionary.length };
}

/**
 * Groups rows that agree in every column; no column puts all into one group. Takes time in proportion to rows times
 * columns: each column splits the groups so far, and a pair of group and code is one exact integer, however many
 * combinations the columns could have.
 */
export function groupRows(columns: readonly CodedColumn[], rows: ArrayLike<number>): Grouping {
  const group = new Int32Array(rows.length);
  let count = Math.min(1, rows.length);
  for (const { codes, size } of columns) {
    const known = new Map<number, number>();
    for (let i = 0; i < rows.length; i++) {
      const pair = (group[i] ?? 0) * size + (codes[rows[i] ?? 0] ?? MISSING);
      let split = known.get(pair);
      if (split === undefined) {
        split = known.size;
        known.set(pair, split);
      }
      group[i] = split;
    }
    count = known.size;
  }
  return { group, count };
}

/** The positions of the first member of each group. */
export function firstOfEach({ group, count }: Grouping): Int32Array {
  const first = new Int32Array(count);
  // Backwards, so that the first member is written last.
  for (let i = group.length - 1; i >= 0; i--) first[group[i] ?? 0] = i;
  return first;
}

/** The sum of a weight over the members of each group. */
export function sumByGroup({ group, count }: Grouping, weightOf: (position: number) => number): Float64Array {
  const sums = new Float64Array(count);
  for (let i = 0; i < group.length; i++) sums[group[i] ?? 0] = (sums[group[i] ?? 0] ?? 0) + weightOf(i);
  return sums;
}
