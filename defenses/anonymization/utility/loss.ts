import type { EncodedColumn, EncodedTable, Release, ReleasedColumn } from '../contract.js';

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
    share: meanShare(released, release.suppressed),
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

function meanShare({ codes, shares }: ReleasedColumn, suppressed: Uint8Array): number {
  let sum = 0;
  for (let row = 0; row < codes.length; row++) sum += suppressed[row] === 1 ? 1 : (shares[codes[row] ?? 0] ?? 0);
  return codes.length === 0 ? 0 : sum / codes.length;
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
  { codes, dictionary }: EncodedColumn,
  released: ReleasedColumn,
  suppressed: Uint8Array,
): { readonly lost: number; readonly most: number } {
  const records = codes.length;
  const frequency = new Float64Array(dictionary.length);
  for (let row = 0; row < records; row++) frequency[codes[row] ?? 0] = (frequency[codes[row] ?? 0] ?? 0) + 1;
  const under = valuesUnder(codes, dictionary.length, released, suppressed);
  const members = Float64Array.from(under, (values) => {
    let sum = 0;
    for (const value of values) sum += frequency[value] ?? 0;
    return sum;
  });
  let [lost, most] = [0, 0];
  for (let row = 0; row < records; row++) {
    const own = frequency[codes[row] ?? 0] ?? 0;
    const all = Math.log2(records / own);
    most += all;
    lost += suppressed[row] === 1 ? all : Math.log2((members[released.codes[row] ?? 0] ?? 0) / own);
  }
  return { lost, most };
}

/** By released code: the original codes that stand under it. */
export function valuesUnder(
  codes: Int32Array,
  size: number,
  released: ReleasedColumn,
  suppressed: Uint8Array,
): readonly ReadonlySet<number>[] {
  const under = released.labels.map(() => new Set<number>());
  const seen = new Set<number>();
  for (let row = 0; row < codes.length; row++) {
    const [value, label] = [codes[row] ?? 0, released.codes[row] ?? 0];
    if (suppressed[row] === 1 || seen.has(label * size + value)) continue;
    seen.add(label * size + value);
    under[label]?.add(value);
  }
  return under;
}
