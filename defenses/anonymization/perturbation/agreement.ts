import { MISSING } from '../group-rows.js';

/** Different records with how often each occurs. Two agree where no column has two different values, missing ones aside. */
export class Agreement {
  /** By record: the columns in which it differs from the one in hand, as bits. */
  private readonly differences: Int32Array;
  /** Records that lost every value. */
  private readonly emptied: number[] = [];

  /**
   * @param codes by column, by record, each of which has a value; written over
   * @param sizes how often each record occurs
   * @param costs of emptying a cell, by column
   */
  constructor(
    private readonly codes: readonly Int32Array[],
    private readonly sizes: Int32Array,
    private readonly costs: readonly number[],
  ) {
    this.differences = new Int32Array(sizes.length);
  }

  codeAt(column: number, record: number): number {
    return this.codes[column]?.[record] ?? MISSING;
  }

  /** Empties cells of a record until it agrees with at least k, itself included; all of them where a part does not suffice. */
  helpToAgree(record: number, k: number): void {
    this.compareWith(record);
    let emptied = 0;
    while (this.matches(emptied) < k) {
      const cheapest = this.cheapest(emptied);
      if (cheapest === 0) break;
      emptied |= cheapest;
    }
    const isPartEnough = this.matches(emptied) >= k && this.hasMoreThan(emptied, record);
    if (isPartEnough) this.empty(record, this.without(emptied, k));
    else this.emptyWhole(record);
  }

  private compareWith(record: number): void {
    const { differences } = this;
    differences.fill(0);
    for (const [column, codes] of this.codes.entries()) {
      const own = codes[record] ?? MISSING;
      if (own === MISSING) continue;
      for (let other = 0; other < differences.length; other++) {
        const code = codes[other] ?? MISSING;
        // 1 for another code that is not 0, missing, by the signs of the two: a branch takes longer, which goes either way.
        const differs = (-(code ^ own) & -code) >>> 31;
        differences[other] = (differences[other] ?? 0) | (differs << column);
      }
    }
    for (const other of this.emptied) differences[other] = NEVER;
  }

  /** How many records agree with the one in hand where some of its columns are emptied. */
  private matches(emptied: number): number {
    let sum = 0;
    for (let other = 0; other < this.differences.length; other++) {
      if (((this.differences[other] ?? NEVER) & ~emptied) === 0) sum += this.sizes[other] ?? 0;
    }
    return sum;
  }

  /** The columns that bring the next match and cost least, the match that was first in the table where several do; 0 for none. */
  private cheapest(emptied: number): number {
    let cheapest = 0;
    let lowest = Infinity;
    for (const difference of this.differences) {
      const missing = difference & ~emptied;
      if (missing <= 0) continue;
      const cost = this.costOf(missing, lowest);
      if (cost < lowest) {
        lowest = cost;
        cheapest = missing;
      }
    }
    return cheapest;
  }

  private costOf(columns: number, limit: number): number {
    let cost = 0;
    for (let left = columns; left !== 0 && cost < limit; left &= left - 1) {
      cost += this.costs[31 - Math.clz32(left & -left)] ?? 0;
    }
    return cost;
  }

  /** Less what turned out not to be needed, the dearest first. */
  private without(emptied: number, k: number): number {
    const dearestFirst = [...this.costs.keys()].sort((a, b) => (this.costs[b] ?? 0) - (this.costs[a] ?? 0));
    let needed = emptied;
    for (const column of dearestFirst) {
      const fewer = needed & ~(1 << column);
      if (fewer !== needed && this.matches(fewer) >= k) needed = fewer;
    }
    return needed;
  }

  private empty(record: number, columns: number): void {
    for (const [column, codes] of this.codes.entries()) if (hasBit(columns, column)) codes[record] = MISSING;
  }

  private emptyWhole(record: number): void {
    for (const codes of this.codes) codes[record] = MISSING;
    this.emptied.push(record);
  }

  /** Whether a record has a value in any other column. */
  private hasMoreThan(columns: number, record: number): boolean {
    return this.codes.some((codes, column) => !hasBit(columns, column) && codes[record] !== MISSING);
  }
}

/** The sign bit, which is no column. */
const NEVER = -(2 ** 31);

function hasBit(bits: number, column: number): boolean {
  return ((bits >> column) & 1) === 1;
}
