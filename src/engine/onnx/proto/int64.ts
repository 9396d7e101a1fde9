import Long from 'long';

/** An integer as protocol buffers have it. At or beyond +-2^63 it is the largest or smallest integer there is. */
export function longOf(value: number): Long {
  return Long.fromNumber(value);
}

export function longsOf(values: readonly number[]): Long[] {
  return values.map(longOf);
}

/** The nearest number; the largest int64 gives 2^63, which {@link longOf} writes back as it was. */
export function numberOf(value: Long): number {
  return value.toNumber();
}

export function numbersOf(values: readonly Long[]): number[] {
  return values.map(numberOf);
}

/** The eight bytes of each integer, little-endian. */
export function bytesOfLongs(values: readonly Long[]): Uint8Array {
  const words = new Int32Array(values.length * 2);
  values.forEach((value, i) => {
    words[2 * i] = value.low;
    words[2 * i + 1] = value.high;
  });
  return new Uint8Array(words.buffer);
}
