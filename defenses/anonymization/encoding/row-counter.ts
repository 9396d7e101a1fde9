import { equalLanes, hashOfLanes } from './key-numbers.js';

const LEAST_BITS = 10;
/** A slot holds the number of a row, from 1 on, and the hash of its codes. */
const SLOT = 2;

/**
 * Counts equal rows of codes that come batch by batch, and numbers different ones by their first appearance. Holds four bytes a
 * column of each different row, and up to 48 beside.
 */
export class RowCounter {
  count = 0;
  /** The codes of the different rows, one row behind the other, with room for one more. */
  private rows: Int32Array;
  private weights = new Int32Array(2 ** (LEAST_BITS - 1));
  private firstOf = new Int32Array(2 ** (LEAST_BITS - 1));
  private slots = new Int32Array(SLOT * 2 ** LEAST_BITS);
  private bits = LEAST_BITS;

  /** @param width columns of a row; without any all rows are equal */
  constructor(private readonly width: number) {
    this.rows = new Int32Array(width * this.weights.length);
  }

  /**
   * @param columns codes of the rows of a batch
   * @param first the number of the first record
   * @returns the number of the different row that each is
   */
  add(columns: readonly Int32Array[], rows: number, first: number): Int32Array {
    const numbers = new Int32Array(rows);
    for (let row = 0; row < rows; row++) {
      if (this.count + 1 >= this.weights.length) this.grow();
      const slot = this.slotOf(columns, row);
      let number = (this.slots[slot] ?? 0) - 1;
      if (number < 0) {
        number = this.count++;
        this.slots[slot] = this.count;
        this.firstOf[number] = first + row;
      }
      this.weights[number] = (this.weights[number] ?? 0) + 1;
      numbers[row] = number;
    }
    return numbers;
  }

  /** @returns the number of the different row that each is; -1 where it is none of those that were counted */
  find(columns: readonly Int32Array[], rows: number): Int32Array {
    return Int32Array.from({ length: rows }, (_, row) => (this.slots[this.slotOf(columns, row)] ?? 0) - 1);
  }

  /** The different rows in the order of their numbers: codes by column, how many records each stands for, and the first of them. */
  counted(): {
    readonly columns: readonly Int32Array[];
    readonly weights: Int32Array;
    readonly firstOf: Int32Array;
  } {
    const { count, width, rows } = this;
    const columns = Array.from({ length: width }, (_, column) => {
      const codes = new Int32Array(count);
      for (let i = 0; i < count; i++) codes[i] = rows[i * width + column] ?? 0;
      return codes;
    });
    return { columns, weights: this.weights.slice(0, count), firstOf: this.firstOf.slice(0, count) };
  }

  /** The slot of a row, or the empty one that it would be in; its codes stand behind those of the others then. */
  private slotOf(columns: readonly Int32Array[], row: number): number {
    const { rows, width, slots, bits } = this;
    const at = this.count * width;
    for (let column = 0; column < width; column++) rows[at + column] = columns[column]?.[row] ?? 0;
    const hash = hashOfLanes(rows, at, width);
    const mask = SLOT * 2 ** bits - 1;
    let slot = (hash >>> (32 - bits)) * SLOT;
    for (let number = slots[slot] ?? 0; number > 0; number = slots[slot] ?? 0) {
      if (slots[slot + 1] === hash && equalLanes(rows, at, (number - 1) * width, width)) return slot;
      slot = (slot + SLOT) & mask;
    }
    slots[slot + 1] = hash;
    return slot;
  }

  private grow(): void {
    this.weights = doubled(this.weights);
    this.firstOf = doubled(this.firstOf);
    this.rows = doubled(this.rows);
    const { slots } = this;
    this.bits += 1;
    this.slots = new Int32Array(SLOT * 2 ** this.bits);
    const mask = this.slots.length - 1;
    for (let old = 0; old < slots.length; old += SLOT) {
      if (slots[old] === 0) continue;
      const hash = slots[old + 1] ?? 0;
      let slot = (hash >>> (32 - this.bits)) * SLOT;
      while (this.slots[slot] !== 0) slot = (slot + SLOT) & mask;
      this.slots[slot] = slots[old] ?? 0;
      this.slots[slot + 1] = hash;
    }
  }
}

function doubled(values: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * values.length);
  larger.set(values);
  return larger;
}
