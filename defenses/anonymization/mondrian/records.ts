import { rowsInOrder } from '../row-order.js';

/** The places from `start` to before `end`. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/**
 * The records of a table column by column, in an order that is changed in place: a class is a stretch of it, and what is counted in
 * a class lies side by side in memory.
 */
export class Records {
  /** The row of the table at each place. */
  readonly rows: Int32Array;
  private readonly leftOut: Int32Array;
  private readonly rightOut: Int32Array;

  /**
   * @param ranks of each dimension, one a record; moved from here on
   * @param carried other columns that are moved along
   */
  constructor(
    count: number,
    private readonly ranks: readonly Int32Array[],
    private readonly carried: readonly Int32Array[],
  ) {
    this.rows = rowsInOrder(count);
    this.leftOut = new Int32Array((count >> 1) + 1);
    this.rightOut = new Int32Array((count >> 1) + 1);
  }

  /**
   * Puts the records whose rank is at most `boundary` in front of the others.
   *
   * @param middle where the others begin then
   * @param moved the dimensions that differ between `start` and `end`: what is the same everywhere stays right when it stays
   */
  separate(stretch: Stretch, middle: number, dimension: number, boundary: number, moved: readonly number[]): void {
    const misplaced = this.findMisplaced(this.ranksOf(dimension), stretch, middle, boundary);
    if (misplaced === 0) return;
    for (const column of moved) this.exchange(this.ranksOf(column), misplaced);
    for (const column of this.carried) this.exchange(column, misplaced);
    this.exchange(this.rows, misplaced);
  }

  ranksOf(dimension: number): Int32Array {
    return this.ranks[dimension] ?? new Int32Array(0);
  }

  /**
   * Narrows ranges, the lowest rank at 2 * dimension and the highest at 2 * dimension + 1, to those of a stretch. A look at a few
   * records is often enough: nothing lies outside the ranges that are given, so the search ends where both ends have been seen.
   */
  narrow({ start, end }: Stretch, dimensions: readonly number[], ranges: Int32Array): void {
    for (const dimension of dimensions) {
      const ranks = this.ranksOf(dimension);
      const lowest = ranges[2 * dimension] ?? 0;
      const highest = ranges[2 * dimension + 1] ?? 0;
      let low = highest;
      let high = lowest;
      for (let i = start; i < end && (low > lowest || high < highest); i++) {
        const rank = ranks[i] ?? 0;
        if (rank < low) low = rank;
        if (rank > high) high = rank;
      }
      ranges[2 * dimension] = low;
      ranges[2 * dimension + 1] = high;
    }
  }

  /** As many are too high on the left as are too low on the right. */
  private findMisplaced(ranks: Int32Array, { start, end }: Stretch, middle: number, boundary: number): number {
    let left = 0;
    for (let i = start; i < middle; i++) if ((ranks[i] ?? 0) > boundary) this.leftOut[left++] = i;
    let right = 0;
    for (let i = middle; i < end && right < left; i++) if ((ranks[i] ?? 0) <= boundary) this.rightOut[right++] = i;
    return left;
  }

  private exchange(column: Int32Array, count: number): void {
    const { leftOut, rightOut } = this;
    for (let i = 0; i < count; i++) {
      const left = leftOut[i] ?? 0;
      const right = rightOut[i] ?? 0;
      const value = column[left] ?? 0;
      column[left] = column[right] ?? 0;
      column[right] = value;
    }
  }
}
