import { randomFillSync } from 'node:crypto';

const words = new Uint32Array(2);

/** A uniform number of 53 bits in [0, 1) from the operating system, which nobody can draw again. */
export function secret(): number {
  randomFillSync(words);
  const [high = 0, low = 0] = words;
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}
