import { randomInt } from 'node:crypto';

/** Fills at most half of the slots. */
const SLOTS_PER_KEY = 2;
const LEAST_BITS = 4;
/** A table grows by this power of two once so much of what it may hold is there. */
const GROWTH_BITS = 2;
const FULL = 7 / 8;
/** A slot holds the number of a key above a mark of the call, and beside it, in the same line of the cache, what tells most keys apart. */
const SLOT = 2;
const LARGEST_MARK = 2 ** 31 - 1;

/**
 * What hash values are salted with, so that nobody can prepare a table whose keys all fall into one slot. Numbers are given by
 * first appearance: the salt changes no result.
 */
const SALT = (randomInt(2 ** 31) * 2 + 1) | 0;
const GOLDEN = 0x9e3779b1 | 0;

/** Numbers equal keys alike, by first appearance, in time proportional to their count. One table is used again for all calls. */
export class KeyNumbers {
  private slots = new Int32Array(SLOT * 2 ** LEAST_BITS);
  /** How many slots are in use, as a power of two. */
  private bits = LEAST_BITS;
  /** Slots below it are empty: what was there before need not be cleared. */
  private mark = 1;

  /**
   * @param keys `count` keys of `lanes` integers each; afterwards the different ones, in the order of their numbers
   * @param numbers receives the number of each key
   * @param first receives the position of the first key of each number
   * @param expected about how many different keys there are: a smaller table is looked up faster, and grows where it has to
   * @returns how many different keys there are
   */
  number(
    keys: Int32Array,
    lanes: number,
    count: number,
    numbers: Int32Array,
    first: Int32Array,
    expected = count,
  ): number {
    this.clear(Math.max(LEAST_BITS, Math.ceil(Math.log2(SLOTS_PER_KEY * Math.max(1, expected)))));
    let distinct = 0;
    for (let done = 0; done < count;) {
      const most = 2 ** this.bits / SLOTS_PER_KEY;
      if (most < count && distinct > FULL * most) {
        this.grow(keys, lanes, distinct);
        continue;
      }
      // Even if all of them are new there are slots enough.
      const end = Math.min(count, done + most - distinct);
      distinct =
        lanes === 1
          ? this.numberSingle(keys, done, end, distinct, numbers, first)
          : this.numberLanes(keys, lanes, done, end, distinct, numbers, first);
      done = end;
    }
    this.mark += distinct;
    return distinct;
  }

  private clear(bits: number): void {
    this.bits = bits;
    if (this.slots.length < SLOT * 2 ** bits) {
      this.slots = new Int32Array(SLOT * 2 ** bits);
      this.mark = 1;
    } else if (this.mark > LARGEST_MARK - 2 ** bits) {
      this.slots.fill(0);
      this.mark = 1;
    }
  }

  private grow(keys: Int32Array, lanes: number, distinct: number): void {
    this.mark += distinct;
    this.clear(this.bits + GROWTH_BITS);
    const { slots, mark, bits } = this;
    const mask = SLOT * 2 ** bits - 1;
    for (let number = 0; number < distinct; number++) {
      const hash = hashOfLanes(keys, number * lanes, lanes);
      let slot = (hash >>> (32 - bits)) * SLOT;
      while ((slots[slot] ?? 0) >= mark) slot = (slot + SLOT) & mask;
      slots[slot] = mark + number;
      slots[slot + 1] = lanes === 1 ? (keys[number] ?? 0) : hash;
    }
  }

  /** Of the keys from `start` to before `end`; `distinct` are known before, and the return value is how many are then. */
  private numberSingle(
    keys: Int32Array,
    start: number,
    end: number,
    distinct: number,
    numbers: Int32Array,
    first: Int32Array,
  ): number {
    const { slots, mark, bits } = this;
    const mask = SLOT * 2 ** bits - 1;
    const shift = 32 - bits;
    let known = distinct;
    for (let i = start; i < end; i++) {
      const key = keys[i] ?? 0;
      // As `hashOfLanes` has it, without a loop.
      const hash = Math.imul(key, SALT);
      let slot = (Math.imul(hash ^ (hash >>> 15), GOLDEN) >>> shift) * SLOT;
      let number = (slots[slot] ?? 0) - mark;
      while (number >= 0 && slots[slot + 1] !== key) {
        slot = (slot + SLOT) & mask;
        number = (slots[slot] ?? 0) - mark;
      }
      if (number < 0) {
        number = known++;
        slots[slot] = mark + number;
        slots[slot + 1] = key;
        keys[number] = key;
        first[number] = i;
      }
      numbers[i] = number;
    }
    return known;
  }

  private numberLanes(
    keys: Int32Array,
    lanes: number,
    start: number,
    end: number,
    distinct: number,
    numbers: Int32Array,
    first: Int32Array,
  ): number {
    const { slots, mark, bits } = this;
    const mask = SLOT * 2 ** bits - 1;
    const shift = 32 - bits;
    let known = distinct;
    for (let i = start; i < end; i++) {
      const from = i * lanes;
      const hash = hashOfLanes(keys, from, lanes);
      let slot = (hash >>> shift) * SLOT;
      let number = (slots[slot] ?? 0) - mark;
      while (number >= 0 && (slots[slot + 1] !== hash || !equalLanes(keys, from, number * lanes, lanes))) {
        slot = (slot + SLOT) & mask;
        number = (slots[slot] ?? 0) - mark;
      }
      if (number < 0) {
        number = known++;
        slots[slot] = mark + number;
        slots[slot + 1] = hash;
        keys.copyWithin(number * lanes, from, from + lanes);
        first[number] = i;
      }
      numbers[i] = number;
    }
    return known;
  }
}

export function hashOfLanes(keys: Int32Array, from: number, lanes: number): number {
  let hash = 0;
  for (let lane = 0; lane < lanes; lane++) {
    hash = Math.imul(hash ^ (keys[from + lane] ?? 0), SALT);
    hash ^= hash >>> 15;
  }
  return Math.imul(hash, GOLDEN);
}

export function equalLanes(keys: Int32Array, a: number, b: number, lanes: number): boolean {
  for (let lane = 0; lane < lanes; lane++) if (keys[a + lane] !== keys[b + lane]) return false;
  return true;
}
