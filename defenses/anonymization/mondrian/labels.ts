import type { ReleasedColumn } from '../contract.js';
import type { RankedStretch } from './cuts.js';
import type { Dimension } from './dimension.js';

/** What the classes are called in one dimension. */
export class ClassLabels {
  /** By class. */
  private readonly codes: number[] = [];
  private readonly labels: (string | null)[] = [null];
  private readonly shares: number[] = [0];
  private readonly codeOf = new Map<number | string, number>();
  /** Of single values, by rank; 0 for those without one. */
  private readonly codeOfSingle: Int32Array;
  private codeOfEverything = 0;

  constructor(
    private readonly dimension: Dimension,
    private readonly dictionary: readonly (string | null)[],
  ) {
    this.codeOfSingle = new Int32Array(dimension.highest + 1);
  }

  /**
   * Names the next class.
   *
   * @param isTight whether it is just the values that occur, and not all between the lowest and the highest
   */
  add({ ranks, start, end, low, high }: RankedStretch, isTight: boolean): void {
    const present = () => (isTight ? distinct(ranks.subarray(start, end), low, high) : between(low, high));
    this.codes.push(low === high ? this.single(low) : low === 0 ? this.mixed() : this.range(low, high, present));
  }

  /** @param classOf by row; rows that are in no class have a negative number, and get code 0 */
  column(classOf: Int32Array): ReleasedColumn {
    const codeOfClass = Int32Array.from(this.codes);
    const codes = new Int32Array(classOf.length);
    for (let row = 0; row < classOf.length; row++) codes[row] = codeOfClass[classOf[row] ?? 0] ?? 0;
    return { name: this.dimension.name, codes, labels: this.labels, shares: Float64Array.from(this.shares) };
  }

  private single(rank: number): number {
    if (rank === 0) return 0;
    let code = this.codeOfSingle[rank] ?? 0;
    if (code === 0) {
      code = this.write(this.dictionary[this.dimension.codeOf[rank] ?? 0] ?? null, 0);
      this.codeOfSingle[rank] = code;
    }
    return code;
  }

  private mixed(): number {
    if (this.codeOfEverything === 0) this.codeOfEverything = this.write(this.dimension.everything, 1);
    return this.codeOfEverything;
  }

  private range(low: number, high: number, present: () => readonly number[]): number {
    const key = this.dimension.key(low, high, present);
    let code = this.codeOf.get(key);
    if (code === undefined) {
      const { text, share } = this.dimension.label(low, high, present);
      code = text === this.dimension.everything && share === 1 ? this.mixed() : this.write(text, share);
      this.codeOf.set(key, code);
    }
    return code;
  }

  private write(text: string | null, share: number): number {
    this.shares.push(share);
    return this.labels.push(text) - 1;
  }
}

function distinct(ranks: Int32Array, low: number, high: number): number[] {
  if (ranks.length <= high - low) return [...new Set(ranks)].sort((a, b) => a - b);
  const isPresent = new Uint8Array(high - low + 1);
  for (const rank of ranks) isPresent[rank - low] = 1;
  const found: number[] = [];
  for (let rank = low; rank <= high; rank++) if (isPresent[rank - low] === 1) found.push(rank);
  return found;
}

function between(low: number, high: number): number[] {
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}
