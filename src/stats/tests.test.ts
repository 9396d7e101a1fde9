import oracle from './oracle.fixture.json' with { type: 'json' };
import { binomialAtLeast, binomialAtMost, binomialExactly, holm, mcnemar, mcnemarOneSided } from './tests.js';

describe('binomial', () => {
  test.each(oracle.binomial)('$k of $n at rate $p agrees with 50 digits', ({ k, n, p, exactly, atMost, atLeast }) => {
    expect(Math.abs(binomialExactly(k, n, p) - exactly)).toBeLessThan(1e-12);
    expect(Math.abs(binomialAtMost(k, n, p) - atMost)).toBeLessThan(1e-12);
    expect(Math.abs(binomialAtLeast(k, n, p) - atLeast)).toBeLessThan(1e-12);
  });

  test('tails are sums of probabilities, and add up to 1', () => {
    const [n, p] = [40, 0.3];
    let below = 0;
    for (let k = 0; k <= n; k++) {
      below += binomialExactly(k, n, p);
      expect(Math.abs(binomialAtMost(k, n, p) - below)).toBeLessThan(1e-14);
      const above = k === n ? 0 : binomialAtLeast(k + 1, n, p);
      expect(Math.abs(binomialAtMost(k, n, p) + above - 1)).toBeLessThan(1e-14);
    }
  });

  test('certain rates give certain outcomes', () => {
    expect([0, 3, 5].map((k) => binomialExactly(k, 5, 0))).toEqual([1, 0, 0]);
    expect([0, 3, 5].map((k) => binomialExactly(k, 5, 1))).toEqual([0, 0, 1]);
    expect(binomialAtMost(4, 5, 1)).toBe(0);
    expect(binomialAtLeast(1, 5, 0)).toBe(0);
  });

  test.each([
    [-1, 5, 0.5],
    [6, 5, 0.5],
    [1.5, 5, 0.5],
    [1, 5, 1.5],
    [1, 5, NaN],
  ])('refuses %p of %p at rate %p', (k, n, p) => {
    for (const f of [binomialExactly, binomialAtMost, binomialAtLeast]) expect(() => f(k, n, p)).toThrow(RangeError);
  });
});

describe('mcnemar', () => {
  test.each(oracle.mcnemar)('$first against $second discordant pairs', ({ first, second, exact, midP }) => {
    expect(Math.abs(mcnemar(first, second) - exact)).toBeLessThan(1e-12);
    expect(Math.abs(mcnemar(first, second, 'mid-p') - midP)).toBeLessThan(1e-12);
  });

  test('does not depend on which run is called first', () => {
    for (const variant of ['exact', 'mid-p'] as const) {
      expect(mcnemar(3, 11, variant)).toBe(mcnemar(11, 3, variant));
    }
  });

  test('the exact test errs at most as often as it says; mid-p about as often', () => {
    // Under the null hypothesis the number of pairs that only the first run gets right is Binomial(n, 1/2).
    const errorRate = (variant: 'exact' | 'mid-p', n: number) => {
      let sum = 0;
      for (let k = 0; k <= n; k++) if (mcnemar(k, n - k, variant) <= 0.05) sum += binomialExactly(k, n, 0.5);
      return sum;
    };
    for (const n of [6, 10, 25, 80, 200]) {
      expect(errorRate('exact', n)).toBeLessThanOrEqual(0.05);
      expect(errorRate('mid-p', n)).toBeGreaterThanOrEqual(errorRate('exact', n));
      // Fagerland, Lydersen and Laake 2013 saw at most 5.4 % over their 9,595 cases; n = 6 to 200 stay below 6 %.
      expect(errorRate('mid-p', n)).toBeLessThan(0.06);
    }
  });

  test('refuses counts that are none', () => {
    expect(() => mcnemar(-1, 4)).toThrow(RangeError);
    expect(() => mcnemar(0.5, 4)).toThrow(RangeError);
  });
});

describe('mcnemarOneSided', () => {
  test.each([
    [5, 0, 1 / 32],
    [0, 5, 1],
    [0, 0, 1],
    // P(X >= 2), X ~ Binomial(3, 1/2).
    [2, 1, 0.5],
  ])('%i lost and %i won', (lost, won, p) => {
    expect(mcnemarOneSided(lost, won)).toBeCloseTo(p, 14);
  });

  test('is half the two-sided one where more was lost than won, and the two directions overlap in what was seen', () => {
    for (const [lost, won] of [
      [9, 2],
      [17, 11],
      [30, 29],
    ] as const) {
      expect(2 * mcnemarOneSided(lost, won)).toBeCloseTo(mcnemar(lost, won), 12);
      const seen = binomialExactly(lost, lost + won, 0.5);
      expect(mcnemarOneSided(lost, won) + mcnemarOneSided(won, lost) - seen).toBeCloseTo(1, 12);
    }
  });
});

describe('holm', () => {
  test('step by step, of (.01, .04, .03, .005)', () => {
    // Sorted .005, .01, .03, .04, times 4, 3, 2, 1, and never below the one before.
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((p, i) => expect(adjusted[i]).toBeCloseTo(p, 14));
  });

  test('keeps one p-value, never exceeds 1 or Bonferroni, and keeps the order', () => {
    expect(holm([0.2])).toEqual([0.2]);
    expect(holm([])).toEqual([]);
    const ps = [0.5, 0.001, 0.2, 0.9, 0.04];
    const adjusted = holm(ps);
    adjusted.forEach((p, i) => {
      expect(p).toBeLessThanOrEqual(Math.min(1, ps.length * (ps[i] ?? NaN)));
      expect(p).toBeGreaterThanOrEqual(ps[i] ?? NaN);
    });
    const order = (values: readonly number[]) =>
      values.map((_, i) => i).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
    expect(order(adjusted)).toEqual(order(ps));
  });
});
