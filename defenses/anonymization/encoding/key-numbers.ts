import { randomInt } from 'node:crypto';

/** Fills at most half of the slots. */
const SLOTS_PER_KEY = 2;
const LEAST_BITS = 4;
/** Slots hold a mark of the call above the number of the key. */
const LARGEST_MARK = 2 ** 31 - 1;

/**
 * What hash values are salted with, so that nobody can prepare a table whose keys all fall into one slot. Numbers are given by
 * first appearance: the salt changes no result.
 */
const SALT = (randomInt(2 ** 31) * 2 + 1) | 0;
const GOLDEN = 0x9e3779b1 | 0;

/** Numbers equal keys alike, by first appearance, in time proportional to their count. One table is used again for all calls. */
export class KeyNumbers {
  private slots = new Int32Array(1 << LEAST_BITS);
  /** Slots below it are empty: what earlier calls left need not be cleared. */
  private mark = 1;

  /**
   * @param keys `count` keys of `lanes` integers each; afterwards the different ones, in the order of their numbers
   * @param numbers receives the number of each key
   * @returns how many different keys there are
   */
  number(keys: Int32Array, lanes: number, count: number, numbers: Int32Array): number {
    const bits = this.reserve(count);
    const distinct =
      lanes === 1 ? this.numberSingle(keys, count, numbers, bits) : this.numberLanes(keys, lanes, count, numbers, bits);
    this.mark += distinct;
    return distinct;
  }

  private reserve(count: number): number {
    const bits = Math.max(LEAST_BITS, Math.ceil(Math.log2(SLOTS_PER_KEY * Math.max(1, count))));
    if (this.slots.length < 2 ** bits) {
      this.slots = new Int32Array(2 ** bits);
      this.mark = 1;
    } else if (this.mark > LARGEST_MARK - count) {
      this.slots.fill(0);
      this.mark = 1;
    }
    return bits;
  }

  private numberSingle(keys: Int32Array, count: number, numbers: Int32Array, bits: number): number {
    const { slots, mark } = this;
    const mask = 2 ** bits - 1;
    const shift = 32 - bits;
    let distinct = 0;
    for (let i = 0; i < count; i++) {
      const key = keys[i] ?? 0;
      let hash = Math.imul(key, SALT);
      let slot = Math.imul(hash ^ (hash >>> 15), GOLDEN) >>> shift;
      for (;;) {
        hash = (slots[slot] ?? 0) - mark;
        if (hash < 0) {
          slots[slot] = mark + distinct;
          keys[distinct] = key;
          numbers[i] = distinct;
          distinct += 1;
          break;
        }
        if (keys[hash] === key) {
          numbers[i] = hash;
          break;
        }
        slot = (slot + 1) & mask;
      }
    }
    return distinct;
  }

  private numberLanes(keys: Int32Array, lanes: number, count: number, numbers: Int32Array, bits: number): number {
    const { slots, mark } = this;
    const mask = 2 ** bits - 1;
    const shift = 32 - bits;
    let distinct = 0;
    for (let i = 0; i < count; i++) {
      const from = i * lanes;
      let slot = hashOf(keys, from, lanes) >>> shift;
      let number = (slots[slot] ?? 0) - mark;
      while (number >= 0 && !equal(keys, from, number * lanes, lanes)) {
        slot = (slot + 1) & mask;
        number = (slots[slot] ?? 0) - mark;
      }
      if (number < 0) {
        number = distinct++;
        slots[slot] = mark + number;
        keys.copyWithin(number * lanes, from, from + lanes);
      }
      numbers[i] = number;
    }
    return distinct;
  }
}

function hashOf(keys: Int32Array, from: number, lanes: number): number {
  let hash = 0;
  for (let lane = 0; lane < lanes; lane++) {
    hash = Math.imul(hash ^ (keys[from + lane] ?? 0), SALT);
    hash ^= hash >>> 15;
  }
  return Math.imul(hash, GOLDEN);
}

function equal(keys: Int32Array, a: number, b: number, lanes: number): boolean {
  for (let lane = 0; lane < lanes; lane++) if (keys[a + lane] !== keys[b + lane]) return false;
  return true;
}
