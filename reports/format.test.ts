import type { TargetCard } from '#report/report';
import {
  epsilonUnits,
  formatCount,
  formatDuration,
  formatEpsilon,
  formatInterval,
  formatNumber,
  formatP,
  formatPercent,
  formatTime,
  visible,
} from './format.js';

/** Numbers and their units are held together by no-break spaces. */
const plain = (text: string | null): string | null => text?.replaceAll('\u00a0', ' ') ?? null;

test.each([
  [0, '0.0 %'],
  [1e-6, '< 0.1 %'],
  [0.041, '4.1 %'],
  [0.99999, '> 99.9 %'],
  [1, '100.0 %'],
  [-0.031, '\u22123.1 %'],
])('the share %p is written %p', (rate, written) => {
  expect(plain(formatPercent(rate))).toBe(written);
});

test('what is not exactly none or all is never written so', () => {
  for (let n = 1; n <= 5000; n += 7) {
    expect(plain(formatPercent(1 / (n + 1)))).not.toBe('0.0 %');
    expect(plain(formatPercent(n / (n + 1)))).not.toBe('100.0 %');
  }
});

test('numbers have four digits, counts are grouped, and what is no number says so', () => {
  expect(formatNumber(0.123456)).toBe('0.1235');
  expect(formatNumber(12345.6)).toBe('12,346');
  expect(formatNumber(NaN)).toBe('not a number');
  expect(formatCount(30162)).toBe('30,162');
});

test('epsilon is also written in steps of a picture, where the domain is one of bytes in [0, 1]', () => {
  const target = { domain: { kind: 'image', range: [0, 1] } } as unknown as TargetCard;
  expect(epsilonUnits(target)).toBe('255ths');
  expect(plain(formatEpsilon(8 / 255, '255ths'))).toBe('0.03137 (8/255)');
  expect(plain(formatEpsilon(8 / 255, 'plain'))).toBe('0.03137');
  expect(epsilonUnits({ domain: { kind: 'image', range: [0, 255] } } as unknown as TargetCard)).toBe('plain');
});

test('intervals, times and durations', () => {
  expect(plain(formatInterval(0.03, 0.055, 'rate', 'plain'))).toBe('3.0 to 5.5 %');
  expect(formatTime('2026-11-23T17:30:59.123Z')).toBe('2026-11-23 17:30 UTC');
  expect(formatTime('no time')).toBeNull();
  expect(plain(formatDuration(252))).toBe('4 min 12 s');
});

test.each([
  [0, 'p < .001'],
  [0.00099, 'p < .001'],
  [0.0123, 'p = .012'],
  [0.9997, 'p > .999'],
  [1, 'p = 1.000'],
  [NaN, 'p ?'],
])('p of %p is written %p', (p, written) => {
  expect(plain(formatP(p))).toBe(written);
});

test('what is invisible or turns the direction of text is an escape; all else is as it was', () => {
  expect(visible('plain, with\ta tab')).toBe('plain, with\ta tab');
  expect(visible('a\u202Eb\u0000')).toBe('a\\u{202E}b\\u{0000}');
  expect(visible('鲁棒准确率 é 👩‍🔬')).toBe('鲁棒准确率 é 👩‍🔬');
});
