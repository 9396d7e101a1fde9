import type { EncodedColumn } from '../contract.js';

/** How often each code of a column occurs in each of some groups: the codes that do occur, group after group. */
export interface Histogram {
  /** Codes are below it. */
  readonly values: number;
  /** Group i has the entries from `starts[i]` to before `starts[i + 1]`. */
  readonly starts: Int32Array;
  readonly codes: Int32Array;
  readonly counts: Int32Array;
}

/** @param groupOf of each row */
export function histogramOfRows(
  { codes, dictionary, weights }: EncodedColumn,
  groupOf: Int32Array,
  groups: number,
): Histogram {
  const starts = Int32Array.from({ length: codes.length + 1 }, (_, row) => row);
  const counts = weights ?? new Int32Array(codes.length).fill(1);
  return joinGroups({ values: dictionary.length, starts, codes, counts }, groupOf, groups);
}

/** Adds up the counts of groups that become one: `intoOf` says which, by group. Takes time proportional to the entries. */
export function joinGroups(histogram: Histogram, intoOf: Int32Array, groups: number): Histogram {
  const members = membersOf(intoOf.subarray(0, histogram.starts.length - 1), groups);
  const starts = new Int32Array(groups + 1);
  const codes = new Int32Array(histogram.codes.length);
  const counts = new Int32Array(histogram.codes.length);
  const sums = new Int32Array(histogram.values);
  let end = 0;
  for (let group = 0; group < groups; group++) {
    const start = end;
    for (let i = members.starts[group] ?? 0; i < (members.starts[group + 1] ?? 0); i++) {
      const member = members.order[i] ?? 0;
      for (let entry = histogram.starts[member] ?? 0; entry < (histogram.starts[member + 1] ?? 0); entry++) {
        const code = histogram.codes[entry] ?? 0;
        if (sums[code] === 0) codes[end++] = code;
        sums[code] = (sums[code] ?? 0) + (histogram.counts[entry] ?? 0);
      }
    }
    for (let entry = start; entry < end; entry++) {
      const code = codes[entry] ?? 0;
      counts[entry] = sums[code] ?? 0;
      sums[code] = 0;
    }
    starts[group + 1] = end;
  }
  return { values: histogram.values, starts, codes: codes.slice(0, end), counts: counts.slice(0, end) };
}

/** The members of each group, side by side (a counting sort). */
function membersOf(groupOf: Int32Array, groups: number): { readonly starts: Int32Array; readonly order: Int32Array } {
  const starts = new Int32Array(groups + 1);
  for (const group of groupOf) starts[group + 1] = (starts[group + 1] ?? 0) + 1;
  for (let group = 0; group < groups; group++) starts[group + 1] = (starts[group + 1] ?? 0) + (starts[group] ?? 0);
  const next = starts.slice();
  const order = new Int32Array(groupOf.length);
  for (let member = 0; member < groupOf.length; member++) {
    const group = groupOf[member] ?? 0;
    const place = next[group] ?? 0;
    order[place] = member;
    next[group] = place + 1;
  }
  return { starts, order };
}
