import { splitGroups, sumByGroup, type Grouping } from '../group-rows.js';
import type { Codes } from '../encoding/kept-codes.js';

/** All records of a table in groups, numbered in the order in which the records first show them. */
export type Partition = Grouping;

export function oneGroup(records: number): Partition {
  return { group: new Int32Array(records), count: Math.min(1, records) };
}

/** Splits groups by one column more, so that sets of columns with a common beginning share its work. */
export function refine(
  partition: Partition,
  { codes, size }: { readonly codes: Codes; readonly size: number },
): Partition {
  return splitGroups(partition, codes, size);
}

export function sizesOf(partition: Partition): Float64Array {
  return sumByGroup(partition, () => 1);
}
