import type { EncodedColumn, EncodedTable, Release, ReleasedColumn } from '../contract.js';
import { occurrencesOf, recordsIn, recordsOf } from '../encoding/weights.js';

/** Of each quasi-identifier, in the order of the release: how much was lost of it, in [0, 1]. A suppressed record lost all. */
export interface ColumnLoss {
  readonly column: string;
  /**
   * The mean over records of the share of the domain that a value stands for (normalized certainty penalty, Xu et al. 2006; LM of
   * Iyengar 2002).
   */
  readonly share: number;
  /** Bits of non-uniform entropy lost / bits that are lost when every record is suppressed; 0 where there are none to lose. */
  readonly entropy: number;
}

/** The loss of each column; 0 for a table without records. */
export function columnLosses(table: EncodedTable, release: Release): ColumnLoss[] {
  return release.columns.map((released) => ({
    column: released.name,
    share: meanShare(released, release.suppressed, table),
    entropy: entropyLoss(originalOf(table, released.name), released, release.suppressed),
  }));
}

/** Loss of a table: the geometric mean of (x + 1) over its columns, minus 1; 0 without columns. */
export function aggregateLoss(shares: readonly number[]): number {
  const logs = shares.reduce((sum, share) => sum + Math.log1p(share), 0);
  return shares.length === 0 ? 0 : Math.expm1(logs / shares.length);
}

/** Bits of all columns together / bits that are lost when every record is suppressed. */
export function aggregateEntropy(table: EncodedTable, release: Release): number {
  let [lost, most] = [0, 0];
  for (const released of release.columns) {
    const bits = entropyBits(originalOf(table, released.name), released, release.suppressed);
    lost += bits.lost;
    most += bits.most;
  }
  return most === 0 ? 0 : lost / most;
}

/** The original of a released column. */
export function originalOf({ columns }: EncodedTable, name: string): EncodedColumn {
  const column = columns.find((candidate) => candidate.name === name);
  if (column === undefined) throw new RangeError(`the table has no column ${name} that was released`);
  return column;
}

/** Records are counted first, so that neither their order nor whether equal ones are one row decides how the sum is rounded. */
function meanShare({ codes, shares }: ReleasedColumn, suppressed: Uint8Array, table: EncodedTable): number {
  const records = new Float64Array(shares.length);
  let lost = 0;
  for (let row = 0; row < codes.length; row++) {
    const weight = table.weights?.[row] ?? 1;
    if (suppressed[row] === 1) lost += weight;
    else records[codes[row] ?? 0] = (records[codes[row] ?? 0] ?? 0) + weight;
  }
  const all = recordsOf(table);
  const sum = records.reduce((total, count, code) => total + count * (shares[code] ?? 0), lost);
  return all === 0 ? 0 : sum / all;
}

function entropyLoss(original: EncodedColumn, released: ReleasedColumn, suppressed: Uint8Array): number {
  const { lost, most } = entropyBits(original, released, suppressed);
  return most === 0 ? 0 : lost / most;
}

/**
 * Non-uniform entropy (Gionis & Tassa 2009, k-Anonymization with minimal loss of information): a record whose value v became B
 * loses -log2 of the share of v among the records of the table with a value of B, and all of them where it is suppressed. The
 * values of B are those that stand under it in the records that were not suppressed.
 */
function entropyBits(
  original: EncodedColumn,
  released: ReleasedColumn,
  suppressed: Uint8Array,
): { readonly lost: number; readonly most: number } {
  const records = recordsIn(original);
  const frequency = occurrencesOf(original);
  const bits = Array.from(frequency, (own) => (own === 0 ? 0 : Math.log2(records / own)));
  const kept = keptUnder(original, released, suppressed);
  let lost = 0;
  const left = Float64Array.from(frequency);
  for (const values of kept) {
    let members = 0;
    for (const value of values.keys()) members += frequency[value] ?? 0;
    for (const [value, count] of values) {
      lost += count * Math.log2(members / (frequency[value] ?? 0));
      left[value] = (left[value] ?? 0) - count;
    }
  }
  const sumOf = (counts: Float64Array | Int32Array) =>
    bits.reduce((sum, each, code) => sum + each * (counts[code] ?? 0), 0);
  return { lost: lost + sumOf(left), most: sumOf(frequency) };
}

/** By released code: the original codes that stand under it in records that are not suppressed, and in how many. */
function keptUnder(
  { codes, weights }: EncodedColumn,
  released: ReleasedColumn,
  suppressed: Uint8Array,
): readonly ReadonlyMap<number, number>[] {
  const under = released.labels.map(() => new Map<number, number>());
  for (let row = 0; row < codes.length; row++) {
    if (suppressed[row] === 1) continue;
    const own = under[released.codes[row] ?? 0];
    const value = codes[row] ?? 0;
    own?.set(value, (own.get(value) ?? 0) + (weights?.[row] ?? 1));
  }
  return under;
}
