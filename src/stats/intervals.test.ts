import { clopperPearson, wilson, type Interval } from './intervals.js';
import oracle from './oracle.fixture.json' with { type: 'json' };
import { binomialAtLeast, binomialAtMost, binomialExactly } from './tests.js';

const METHODS = { clopperPearson, wilson };

/** The probability that the interval of a binomial sample of size n holds the true rate, summed over all outcomes. */
function coverage(interval: (successes: number) => Interval, n: number, rate: number): number {
  let sum = 0;
  for (let k = 0; k <= n; k++) {
    const { low, high } = interval(k);
    if (low <= rate && rate <= high) sum += binomialExactly(k, n, rate);
  }
  return sum;
}

function memoized(method: typeof wilson, n: number, level: number): (successes: number) => Interval {
  const all = Array.from({ length: n + 1 }, (_, k) => method(k, n, level));
  return (successes) => all[successes] ?? { low: NaN, high: NaN };
}

describe.each(Object.entries(METHODS))('%s', (name, method) => {
  test.each(oracle[name as keyof typeof METHODS])('$successes of $n at $level agrees with the oracle', (expected) => {
    const { successes, n, level, low, high } = expected;
    const interval = method(successes, n, level);
    expect(Math.abs(interval.low - low)).toBeLessThan(1e-12);
    expect(Math.abs(interval.high - high)).toBeLessThan(1e-12);
  });

  test('is symmetric in success and failure, rises with successes, and holds the rate', () => {
    for (const n of [1, 2, 7, 50]) {
      for (let k = 0; k <= n; k++) {
        const { low, high } = method(k, n);
        const mirrored = method(n - k, n);
        expect(Math.abs(low + mirrored.high - 1)).toBeLessThan(1e-14);
        expect(low).toBeLessThanOrEqual(k / n);
        expect(high).toBeGreaterThanOrEqual(k / n);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        if (k > 0) expect(low).toBeGreaterThan(method(k - 1, n).low);
        if (k > 0) expect(high).toBeGreaterThan(method(k - 1, n).high - (k === n ? 1e-15 : 0));
      }
    }
  });

  test('is wider at a higher level and narrower with more trials', () => {
    const width = ({ low, high }: Interval) => high - low;
    expect(width(method(30, 100, 0.99))).toBeGreaterThan(width(method(30, 100, 0.95)));
    expect(width(method(300, 1000))).toBeLessThan(width(method(30, 100)));
  });

  test('says nothing without trials', () => {
    expect(method(0, 0)).toEqual({ low: 0, high: 1 });
  });

  test.each([
    [-1, 10, 0.95],
    [11, 10, 0.95],
    [0.5, 10, 0.95],
    [1, NaN, 0.95],
    [1, 10, 1],
    [1, 10, 0],
  ])('refuses %p of %p at level %p', (successes, n, level) => {
    expect(() => method(successes, n, level)).toThrow(RangeError);
  });
});

describe('Clopper-Pearson', () => {
  test('has at least its level of coverage, whatever the rate, for all n up to 50', () => {
    for (let n = 1; n <= 50; n++) {
      const interval = memoized(clopperPearson, n, 0.95);
      for (let i = 1; i < 100; i++) expect(coverage(interval, n, i / 100)).toBeGreaterThanOrEqual(0.95);
    }
  });

  test('ends where half of what the level leaves remains on each side', () => {
    for (const [k, n] of [
      [1, 10],
      [41, 1000],
      [9, 10],
    ] as const) {
      const { low, high } = clopperPearson(k, n);
      expect(Math.abs(binomialAtLeast(k, n, low) - 0.025)).toBeLessThan(1e-13);
      expect(Math.abs(binomialAtMost(k, n, high) - 0.025)).toBeLessThan(1e-13);
    }
  });

  test('has the closed form (alpha/2)^(1/n) at no success', () => {
    for (const n of [1, 10, 1000]) {
      expect(Math.abs(clopperPearson(0, n).high - (1 - 0.025 ** (1 / n)))).toBeLessThan(1e-14);
    }
  });
});

describe('Wilson', () => {
  test('has its level of coverage on average over rates, but not for every rate', () => {
    const rates = Array.from({ length: 999 }, (_, i) => (i + 1) / 1000);
    const covered = rates.map((rate) => coverage(memoized(wilson, 50, 0.95), 50, rate));
    const mean = covered.reduce((a, b) => a + b, 0) / covered.length;
    // Brown, Cai and DasGupta 2001: the mean stays within a point of the level at n = 50.
    expect(Math.abs(mean - 0.95)).toBeLessThan(0.01);
    expect(Math.min(...covered)).toBeLessThan(0.95);
  });
});
