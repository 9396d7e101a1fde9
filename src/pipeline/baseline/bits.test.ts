import { packBits, unpackBits } from './bits.js';

test('the first sample is the highest bit, and a line holds 256 samples', () => {
  expect(packBits('1000')).toEqual(['8']);
  expect(packBits('10001')).toEqual(['88']);
  expect(packBits('1'.repeat(257)).map(({ length }) => length)).toEqual([64, 1]);
  expect(packBits('')).toEqual([]);
});

test.each([1, 3, 4, 5, 255, 256, 257, 1000])('%i bits come back as they were', (n) => {
  const bits = Array.from({ length: n }, (_, i) => ((i * i * 7) % 11 < 5 ? '1' : '0')).join('');
  expect(unpackBits(packBits(bits), n)).toBe(bits);
});

test.each([
  ['too few digits', ['8'], 5],
  ['too many digits', ['880'], 5],
  ['a bit after the last sample', ['8f'], 5],
  ['what is no digit', ['8g'], 8],
  ['capitals', ['8F'], 8],
])('%s are no bits', (_, lines, n) => {
  expect(unpackBits(lines, n)).toBeNull();
});
