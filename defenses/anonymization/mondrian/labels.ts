import type { ReleasedColumn } from '../contract.js';
import { codesBelow, type Codes } from '../encoding/kept-codes.js';
import type { CodedColumn } from '../group-rows.js';
import type { Dimension } from './dimension.js';
import type { Field, RankedStretch } from './records.js';

const WORD_BITS = 32;
/** Keys below it are looked up in an array: looks into a map were 25 of the 550 ms that a million rows took. */
const SMALL_KEYS = 4096;

/** What the classes are called in one dimension. */
export class ClassLabels {
  /** By class, of which there are `count`. */
  private codes: Int32Array = new Int32Array(64);
  private count = 0;
  private readonly labels: (string | null)[] = [null];
  private readonly shares: number[] = [0];
  /** Of ranges, by key; 0 for those without one. */
  private readonly codeOf = new Map<number | string, number>();
  private readonly codeOfSmall = new Int32Array(SMALL_KEYS);
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
   * Names the next class by its records.
   *
   * @param isTight whether it is just the values that occur, and not all between the lowest and the highest
   */
  add(records: RankedStretch, isTight: boolean): void {
    const { low, high } = records;
    this.addRange(low, high, () => (isTight ? ranksIn(records) : ranksBetween(low, high)));
  }

  /**
   * Names the next class by the lowest and the highest of its ranks.
   *
   * @param present the ranks that it stands for, ascending; asked for only where the dimension looks at them
   */
  addRange(low: number, high: number, present: () => readonly number[]): void {
    if (this.count === this.codes.length) this.codes = longer(this.codes);
    this.codes[this.count++] =
      low === high ? this.single(low) : low === 0 ? this.mixed() : this.range(low, high, present);
  }

  /** Classes by what they are called. */
  coded(): CodedColumn {
    return { codes: this.codes.subarray(0, this.count), size: this.labels.length };
  }

  /**
   * @param classOf by row; rows that are in no class have a negative number, and get code 0
   * @param named by class: as the how-manieth it was named
   */
  column(classOf: Int32Array, named: Int32Array): ReleasedColumn {
    const size = this.labels.length;
    const ofClass = codesBelow(size, named.length);
    for (let i = 0; i < named.length; i++) ofClass[i] = this.codes[named[i] ?? 0] ?? 0;
    const codes = codesBelow(size, classOf.length);
    spread(ofClass, classOf, codes);
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
    const isSmall = typeof key === 'number' && key < SMALL_KEYS;
    let code = (isSmall ? this.codeOfSmall[key] : this.codeOf.get(key)) ?? 0;
    if (code === 0) {
      const { text, share } = this.dimension.label(low, high, present);
      code = text === this.dimension.everything && share === 1 ? this.mixed() : this.write(text, share);
      if (isSmall) this.codeOfSmall[key] = code;
      else this.codeOf.set(key, code);
    }
    return code;
  }

  private write(text: string | null, share: number): number {
    this.shares.push(share);
    return this.labels.push(text) - 1;
  }
}

function longer(codes: Int32Array): Int32Array {
  const grown = new Int32Array(2 * codes.length);
  grown.set(codes);
  return grown;
}

/** Gives each row what its class has. */
function spread(ofClass: Codes, classOf: Int32Array, ofRow: Codes): void {
  for (let row = 0; row < ofRow.length; row++) ofRow[row] = ofClass[classOf[row] ?? 0] ?? 0;
}

/** Those that occur, ascending. */
export function ranksIn({ ranks, start, end, low, high }: RankedStretch): number[] {
  if (high - low < WORD_BITS) return ranksInWord(ranks, start, end, low);
  const { words, shift, mask } = ranks;
  const found = new Set<number>();
  for (let place = start; place < end; place++) found.add(((words[place] ?? 0) >>> shift) & mask);
  return [...found].sort((a, b) => a - b);
}

/** Of ranks that a word has bits enough for. */
function ranksInWord({ words, shift, mask }: Field, start: number, end: number, low: number): number[] {
  let present = 0;
  for (let place = start; place < end; place++) present |= 1 << ((((words[place] ?? 0) >>> shift) & mask) - low);
  const found: number[] = [];
  for (let rank = low; present !== 0; rank++, present >>>= 1) if ((present & 1) === 1) found.push(rank);
  return found;
}

export function ranksBetween(low: number, high: number): number[] {
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}
