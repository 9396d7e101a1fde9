import type { EncodedColumn } from './contract.js';
import { KeyNumbers } from './encoding/key-numbers.js';
import type { Codes } from './encoding/kept-codes.js';
import { MixedRadix } from './encoding/mixed-radix.js';

/** A column as small integers: equal values have equal codes, and 0 is missing. */
export interface CodedColumn {
  readonly codes: Codes;
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

/** Rows for each group, as a guess that does no harm where it is wrong. */
const LIKELY_IN_GROUP = 16;

/** Groups rows that agree in every column; no column puts all into one group. Takes time in proportion to rows times columns. */
export function groupRows(columns: readonly CodedColumn[], rows: ArrayLike<number>): Grouping {
  const radix = new MixedRadix(columns.map(({ size }) => size));
  const keys = radix.zeros(rows.length);
  const digits = new Int32Array(rows.length);
  for (const [column, { codes }] of columns.entries()) {
    for (let i = 0; i < digits.length; i++) digits[i] = codes[rows[i] ?? 0] ?? MISSING;
    radix.add(keys, column, digits, 0);
  }
  return numbered(keys, radix.lanes, rows.length);
}

/** Splits groups by the codes of one column more, a code for each member. */
export function splitGroups({ group, count }: Grouping, codes: Codes, size: number): Grouping {
  const radix = new MixedRadix([count, size]);
  const keys = radix.zeros(group.length);
  radix.add(keys, 0, group, 0);
  radix.add(keys, 1, codes, 0);
  return numbered(keys, radix.lanes, group.length);
}

function numbered(keys: Int32Array, lanes: number, count: number): Grouping {
  const group = new Int32Array(count);
  const first = new Int32Array(count);
  return { group, count: new KeyNumbers().number(keys, lanes, count, group, first, count / LIKELY_IN_GROUP) };
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
