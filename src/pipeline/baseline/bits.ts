/** Samples on one line of a baseline: short enough that a diff shows which ones changed. */
const ON_A_LINE = 256;
const IN_A_DIGIT = 4;

/** One bit a sample in hexadecimal, 256 samples a line, the first sample in the highest bit. */
export function packBits(bits: string): string[] {
  const digits = bits.replace(/[01]{1,4}/g, (group) => Number.parseInt(group.padEnd(IN_A_DIGIT, '0'), 2).toString(16));
  return digits.match(new RegExp(`.{1,${ON_A_LINE / IN_A_DIGIT}}`, 'g')) ?? [];
}

/** The first `n` bits; null where the lines do not hold exactly as many. */
export function unpackBits(lines: readonly string[], n: number): string | null {
  const digits = lines.join('');
  if (!/^[0-9a-f]*$/.test(digits) || digits.length !== Math.ceil(n / IN_A_DIGIT)) return null;
  const bits = digits.replace(/./g, (digit) => Number.parseInt(digit, 16).toString(2).padStart(IN_A_DIGIT, '0'));
  return bits.slice(n).includes('1') ? null : bits.slice(0, n);
}
