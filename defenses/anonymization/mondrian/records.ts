import { rowsInOrder } from '../row-order.js';
import type { Ranges } from './ranges.js';

/** The places from `start` to before `end`. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Where the ranks of a dimension are, by place: `(words[place] >>> shift) & mask`. */
export interface Field {
  readonly words: Int32Array;
  readonly shift: number;
  readonly mask: number;
}

/** Records side by side whose ranks in one dimension are between `low` and `high`. */
export interface RankedStretch extends Stretch {
  readonly ranks: Field;
  readonly low: number;
  readonly high: number;
}

/** A column of a table in an order of its values. */
export interface RankedColumn {
  /** One a row. */
  readonly codes: Int32Array;
  /** By code. */
  readonly rankOf: Int32Array;
  readonly highest: number;
}

const WORD_BITS = 32;

/**
 * Records in an order that is changed in place: a class is a stretch of it. As many columns as fit share a word of 32 bits, so that
 * moving a record moves few words, and a stretch lies in few lines of the cache.
 */
export class Records {
  readonly count: number;
  /** Which record is at each place. */
  readonly order: Int32Array;
  private readonly fields: readonly Field[];
  /** All that is moved when a record is. */
  private readonly moved: readonly Int32Array[];
  private readonly leftOut: Int32Array;
  private readonly rightOut: Int32Array;

  /**
   * @param columns one of each dimension
   * @param rowOf a row of the table that the record is equal to
   * @param weights how many rows of the table each record stands for; moved from here on
   * @param carried other columns that are moved along from here on
   */
  constructor(
    columns: readonly RankedColumn[],
    rowOf: Int32Array,
    readonly weights: Int32Array,
    readonly carried: readonly Int32Array[],
  ) {
    this.count = weights.length;
    this.order = rowsInOrder(this.count);
    this.fields = packed(rowOf, columns);
    const words = new Set(this.fields.map((field) => field.words));
    this.moved = [...words, ...carried, this.weights, this.order];
    this.leftOut = new Int32Array(this.count + 1);
    this.rightOut = new Int32Array((this.count >> 1) + 1);
  }

  /** Where the ranks of a dimension are, wherever the records are moved. */
  ranks(dimension: number): Field {
    const field = this.fields[dimension];
    if (field === undefined) throw new RangeError(`there is no dimension ${dimension}`);
    return field;
  }

  /**
   * Puts the records whose rank in a dimension is at most `boundary` in front of the others.
   *
   * @returns where the others begin
   */
  separate({ start, end }: Stretch, dimension: number, boundary: number): number {
    const ranks = this.ranks(dimension);
    const middle = end - this.listHigher(ranks, start, end, boundary);
    const misplaced = this.listLower(ranks, middle, end, boundary);
    if (misplaced > 0) for (const column of this.moved) this.exchange(column, misplaced);
    return middle;
  }

  /**
   * Narrows the range of a dimension to that of a stretch. A look at a few records is often enough: nothing lies outside the range
   * that is given, so the search ends where both ends have been seen.
   */
  narrow({ start, end }: Stretch, dimension: number, ranges: Ranges): void {
    const { words, shift, mask } = this.ranks(dimension);
    const lowest = ranges.low(dimension);
    const highest = ranges.high(dimension);
    let low = highest;
    let high = lowest;
    for (let place = start; place < end && (low > lowest || high < highest); place++) {
      const rank = ((words[place] ?? 0) >>> shift) & mask;
      if (rank < low) low = rank;
      if (rank > high) high = rank;
    }
    ranges.set(dimension, low, high);
  }

  /**
   * Lists the places of ranks above the boundary. Adding signs up is quicker than branches that nothing predicts. Nothing follows the loop, as
   * in `tally`.
   *
   * @returns how many there are
   */
  private listHigher({ words, shift, mask }: Field, start: number, end: number, boundary: number): number {
    const { leftOut } = this;
    let count = 0;
    for (let place = start; place < end; place++) {
      leftOut[count] = place;
      count += (boundary - (((words[place] ?? 0) >>> shift) & mask)) >>> 31;
    }
    return count;
  }

  /** Lists the places of ranks up to the boundary: as many as there are higher ones before `start`. */
  private listLower({ words, shift, mask }: Field, start: number, end: number, boundary: number): number {
    const { rightOut } = this;
    let count = 0;
    for (let place = start; place < end; place++) {
      rightOut[count] = place;
      count += ((((words[place] ?? 0) >>> shift) & mask) - boundary - 1) >>> 31;
    }
    return count;
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

/** Ranks that have words of their own. */
export function fieldOf(ranks: Int32Array): Field {
  return { words: ranks, shift: 0, mask: -1 };
}

/** Columns side by side in words, from the lowest bit on. */
function packed(rowOf: Int32Array, columns: readonly RankedColumn[]): readonly Field[] {
  let words = new Int32Array(rowOf.length);
  let shift = 0;
  return columns.map(({ codes, rankOf, highest }) => {
    const bits = WORD_BITS - Math.clz32(highest);
    if (shift + bits > WORD_BITS) {
      words = new Int32Array(rowOf.length);
      shift = 0;
    }
    const field = { words, shift, mask: 2 ** bits - 1 };
    write(field, rowOf, codes, rankOf);
    shift += bits;
    return field;
  });
}

function write({ words, shift }: Field, rowOf: Int32Array, codes: Int32Array, rankOf: Int32Array): void {
  for (let i = 0; i < rowOf.length; i++)
    words[i] = (words[i] ?? 0) | ((rankOf[codes[rowOf[i] ?? 0] ?? 0] ?? 0) << shift);
}
