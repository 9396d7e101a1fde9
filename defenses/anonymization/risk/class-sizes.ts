import type { EncodedTable, Release } from '../contract.js';
import { recordsOf } from '../encoding/weights.js';
import { coded, groupRows, MISSING, sumByGroup } from '../group-rows.js';

/** How many classes there are of each size: all that risks are made of. In whole numbers, so free of the order of rows. */
export interface ClassSizes {
  /** Records that are in a class: all but the suppressed ones. */
  readonly records: number;
  readonly suppressed: number;
  readonly classes: number;
  /** Ascending by size. */
  readonly counts: readonly SizeCount[];
}

export interface SizeCount {
  readonly size: number;
  readonly classes: number;
}

/**
 * @param sizes of the classes, each at least 1, in any order
 * @param suppressed records that are in none of them
 */
export function classSizes(sizes: ArrayLike<number>, suppressed = 0): ClassSizes {
  const known = new Map<number, number>();
  let records = 0;
  for (let i = 0; i < sizes.length; i++) {
    const size = sizes[i] ?? NaN;
    if (!(Number.isInteger(size) && size >= 1)) throw new RangeError(`a class has at least one record, not ${size}`);
    known.set(size, (known.get(size) ?? 0) + 1);
    records += size;
  }
  const counts = Array.from(known, ([size, classes]) => ({ size, classes })).sort((a, b) => a.size - b.size);
  return { records, suppressed, classes: sizes.length, counts };
}

/**
 * The classes of a table as it is; a missing value is a value of its own. Records whose quasi-identifiers are all missing are
 * suppressed and in no class; so are all where no column is a quasi-identifier.
 */
export function classSizesOfTable(table: EncodedTable): ClassSizes {
  const columns = table.columns.filter(({ role }) => role === 'quasi-identifier');
  const kept = Int32Array.from({ length: table.rows }, (_, row) => row).filter((row) =>
    columns.some(({ codes }) => codes[row] !== MISSING),
  );
  const sizes = sumByGroup(groupRows(columns.map(coded), kept), (i) => table.weights?.[kept[i] ?? 0] ?? 1);
  return classSizes(sizes, recordsOf(table) - sumOf(sizes));
}

/** The classes that an algorithm left of a table, without the suppressed records. */
export function classSizesOfRelease(release: Release, { rows, weights }: Weighted): ClassSizes {
  const sizes = new Float64Array(release.classes);
  for (const [row, own] of release.classOf.entries()) {
    if (own >= 0) sizes[own] = (sizes[own] ?? 0) + (weights?.[row] ?? 1);
  }
  return classSizes(sizes, recordsOf({ rows, weights }) - sumOf(sizes));
}

type Weighted = Pick<EncodedTable, 'rows' | 'weights'>;

function sumOf(sizes: Float64Array): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Records in classes of fewer than `limit`. */
export function recordsBelow({ counts }: ClassSizes, limit: number): number {
  return counts.reduce((sum, { size, classes }) => (size < limit ? sum + size * classes : sum), 0);
}

export function classesOfSize({ counts }: ClassSizes, size: number): number {
  return counts.find((count) => count.size === size)?.classes ?? 0;
}
