import type { RandomStreams } from '#stats/random';
import type { EncodedColumn } from '../contract.js';
import { asNumeric, numbersOf } from '../numeric-values.js';
import type { RankSwappingOptions } from './options.js';
import { protectedBy, textAt, withTexts, type ProtectedColumn } from './protected-column.js';

export interface RankSwapping extends ProtectedColumn {
  readonly pairs: number;
  /** The farthest that two swapped values were apart, in ranks. */
  readonly farthest: number;
}

/**
 * Rank swapping (Moore 1996, "Controlled Data-Swapping Techniques for Masking Public Use Microdata Sets"): values are ranked, and from the lowest on each
 * one that was not swapped yet trades places with another such one, drawn from those up to `window` percent of the present values above it;
 * where there is none it stays. What values occur, and how often, does not change. Equal values are ranked by their rows; missing values
 * stay missing.
 *
 * @param random a pair is drawn from the stream of the row with the lower value
 * @throws AssayError `data` where the column has no numbers, dates or times
 */
export function rankSwap(given: EncodedColumn, { window }: RankSwappingOptions, random: RandomStreams): RankSwapping {
  const column = asNumeric(given, 'rank swapping');
  const ranked = rowsByValue(column.codes, numbersOf(column));
  const reach = Math.floor((window / 100) * ranked.length);
  const left = new Unswapped(ranked.length);
  const sourceOf = new Map<number, number>();
  let farthest = 0;
  for (const [rank, row] of ranked.entries()) {
    if (!left.has(rank)) continue;
    left.remove(rank);
    const before = left.countBelow(rank);
    const within = left.countBelow(Math.min(ranked.length, rank + reach + 1)) - before;
    if (within === 0) continue;
    const partner = left.at(before + random.of(row).integer(within));
    left.remove(partner);
    const other = ranked[partner] ?? row;
    sourceOf.set(row, other).set(other, row);
    farthest = Math.max(farthest, partner - rank);
  }
  const swapped = withTexts(column, (row) => textAt(column, sourceOf.get(row) ?? row));
  return { ...protectedBy(given, swapped), pairs: sourceOf.size / 2, farthest };
}

/** Rows that have a value, in ascending order of it. */
function rowsByValue(codes: Int32Array, numbers: Float64Array): Int32Array {
  const rows = Int32Array.from(codes.keys()).filter((row) => (codes[row] ?? 0) > 0);
  const value = (row: number) => numbers[codes[row] ?? 0] ?? 0;
  return rows.sort((a, b) => value(a) - value(b) || a - b);
}

/** Which ranks are left, counted in a binary indexed tree (Fenwick 1994), so that each question takes logarithmic time. */
class Unswapped {
  private readonly tree: Int32Array;
  private readonly isLeft: Uint8Array;

  constructor(private readonly count: number) {
    this.isLeft = new Uint8Array(count).fill(1);
    this.tree = Int32Array.from({ length: count + 1 }, (_, i) => i & -i);
  }

  has(rank: number): boolean {
    return this.isLeft[rank] === 1;
  }

  remove(rank: number): void {
    this.isLeft[rank] = 0;
    for (let i = rank + 1; i <= this.count; i += i & -i) this.tree[i] = (this.tree[i] ?? 0) - 1;
  }

  countBelow(rank: number): number {
    let sum = 0;
    for (let i = rank; i > 0; i -= i & -i) sum += this.tree[i] ?? 0;
    return sum;
  }

  /** The rank that has `before` others that are left below it. */
  at(before: number): number {
    let place = 0;
    let rest = before;
    for (let step = 2 ** Math.floor(Math.log2(this.count)); step > 0; step >>= 1) {
      const next = place + step;
      if (next > this.count || (this.tree[next] ?? 0) > rest) continue;
      place = next;
      rest -= this.tree[next] ?? 0;
    }
    return place;
  }
}
