/** Sums of leaves over 100 million records stay exact. */
const MOST_LEAVES = 2 ** 24;

/**
 * What the numbers of a column could be: from its lowest to its highest in steps of a unit. Each step is a leaf, so that the share of a
 * range, (leaves - 1) / (leaves of all - 1), is its width over the width of the domain.
 */
export class NumericDomain {
  readonly leaves: number;
  private readonly low: number;
  private readonly unit: number;

  /** @param unit the least difference between two numbers; longer where there would be more than 2^24 leaves */
  constructor(numbers: Float64Array, unit: number) {
    let low = Infinity;
    let high = -Infinity;
    for (const number of numbers) {
      if (number < low) low = number;
      if (number > high) high = number;
    }
    this.low = low;
    const width = high > low ? high - low : 0;
    this.unit = Math.max(unit, width / (MOST_LEAVES - 1));
    this.leaves = low > high ? 0 : Math.round(width / this.unit) + 1;
  }

  /** Leaves from one number on to before another; what is outside of the domain has none. */
  leavesWithin(from: number, before: number): number {
    const first = Math.max(0, Math.ceil(this.steps(from)));
    const last = Math.min(this.leaves, Math.ceil(this.steps(before)));
    return Math.max(1, last - first);
  }

  /** Rounded, so that 0.3 is three steps of 0.1. */
  private steps(number: number): number {
    return Number(((number - this.low) / this.unit).toPrecision(12));
  }
}
