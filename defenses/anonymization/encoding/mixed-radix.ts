import type { Codes } from './kept-codes.js';

/** A lane holds the digits of as many columns as fit into a positive 32-bit integer. */
export const LANE_LIMIT = 2 ** 31;

/**
 * Numbers combinations of digits, one digit a column, exactly: as one mixed-radix integer where the product of the radices
 * stays below 2^31, else as several. The key of combination i is `keys[i * lanes]` to `keys[i * lanes + lanes - 1]`.
 */
export class MixedRadix {
  readonly lanes: number;
  /** By column: in which lane its digit is, and what the digit is multiplied with. */
  readonly laneOf: readonly number[];
  readonly strideOf: readonly number[];

  /** @param radices by column; digits are below them */
  constructor(radices: readonly number[]) {
    const laneOf: number[] = [];
    const strideOf: number[] = [];
    let lane = 0;
    let stride = 1;
    for (const radix of radices) {
      if (stride > 1 && stride * radix > LANE_LIMIT) {
        lane += 1;
        stride = 1;
      }
      laneOf.push(lane);
      strideOf.push(stride);
      stride *= radix;
    }
    this.lanes = lane + 1;
    this.laneOf = laneOf;
    this.strideOf = strideOf;
  }

  /** The keys of combinations, all of them zero so far. */
  zeros(combinations: number): Int32Array {
    return new Int32Array(combinations * this.lanes);
  }

  /**
   * Adds the digits of one column to keys: each code less the lowest.
   *
   * @returns whether none is below the lowest; else the keys of different rows may be equal
   */
  add(keys: Int32Array, column: number, codes: Codes, lowest: number): boolean {
    const { lanes } = this;
    const stride = this.strideOf[column] ?? 0;
    let at = this.laneOf[column] ?? 0;
    let signs = 0;
    for (let i = 0; i < codes.length; i++, at += lanes) {
      const digit = (codes[i] ?? 0) - lowest;
      signs |= digit;
      keys[at] = (keys[at] ?? 0) + digit * stride;
    }
    return signs >= 0;
  }
}
