import { bernoulliDivergence, lowerBound, upperBound } from './bounds.js';

const LEVELS = [1e-6, 0.01, 0.3, 2];

test.each([0.01, 0.3, 0.5, 0.95])('both bounds of %p are where the divergence is the level', (p) => {
  for (const level of LEVELS) {
    for (const bound of [lowerBound(p, level), upperBound(p, level)]) {
      // Sixty halvings, and a slope of at most 1 / (1 - bound); bounds that rounding takes to an end say nothing.
      if (bound < 1e-3 || bound > 1 - 1e-3) continue;
      expect(Math.abs(bernoulliDivergence(p, bound) - level)).toBeLessThan(1e-12);
    }
    expect(lowerBound(p, level)).toBeLessThan(p);
    expect(upperBound(p, level)).toBeGreaterThan(p);
  }
});

test('of no hits, and of nothing but hits, they have a closed form', () => {
  for (const level of LEVELS) {
    expect(Math.abs(upperBound(0, level) - (1 - Math.exp(-level)))).toBeLessThan(1e-12);
    expect(Math.abs(lowerBound(1, level) - Math.exp(-level))).toBeLessThan(1e-12);
    expect([lowerBound(0, level), upperBound(1, level)]).toEqual([0, 1]);
  }
});
