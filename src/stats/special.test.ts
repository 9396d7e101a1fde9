import { normalQuantile } from './normal.js';
import oracle from './oracle.fixture.json' with { type: 'json' };
import { betaPowerTerms, inverseRegularizedBeta, logGamma, regularizedBeta } from './special.js';

/** The promise of the docstrings; what was seen is below 1e-13. */
const TOLERANCE = 1e-12;

describe('logGamma', () => {
  test.each(oracle.logGamma)('is ln Gamma($x) to 1e-14', ({ x, value }) => {
    expect(Math.abs(logGamma(x) - value)).toBeLessThan(1e-14 * Math.max(1, Math.abs(value)));
  });

  test('is the logarithm of the factorial', () => {
    let factorial = 1;
    for (let n = 1; n <= 20; n++) {
      factorial *= n;
      // Both sides are rounded, each to about 1e-14 at ln 20! = 42.
      expect(Math.abs(logGamma(n + 1) - Math.log(factorial))).toBeLessThan(5e-14);
    }
  });

  test.each([0, -1, NaN])('has no value at %p', (x) => {
    expect(() => logGamma(x)).toThrow(RangeError);
  });
});

describe('regularizedBeta', () => {
  test.each(oracle.incompleteBeta)('I_$x($a, $b) agrees with the series in 50 digits', ({ a, b, x, value }) => {
    expect(Math.abs(regularizedBeta(a, b, x) - value)).toBeLessThan(TOLERANCE);
  });

  test('has the closed forms x^a for b = 1 and arcsine for a = b = 1/2', () => {
    for (const x of [0, 1e-9, 0.1, 0.5, 0.77, 1]) {
      expect(Math.abs(regularizedBeta(3.5, 1, x) - x ** 3.5)).toBeLessThan(1e-15);
      expect(Math.abs(regularizedBeta(0.5, 0.5, x) - (2 / Math.PI) * Math.asin(Math.sqrt(x)))).toBeLessThan(1e-15);
    }
  });

  test('is symmetric: I_x(a, b) = 1 - I_(1-x)(b, a)', () => {
    // Eighths, so that 1 - x is exact.
    for (const eighths of [1, 2, 3, 4, 5, 6, 7]) {
      const x = eighths / 8;
      expect(Math.abs(regularizedBeta(12, 31.5, x) + regularizedBeta(31.5, 12, 1 - x) - 1)).toBeLessThan(1e-14);
    }
  });

  test('rises with x', () => {
    const values = Array.from({ length: 1001 }, (_, i) => regularizedBeta(2.5, 400, i / 1000));
    for (const [i, value] of values.entries()) expect(value).toBeGreaterThanOrEqual(values[i - 1] ?? 0);
  });

  test('converges for a billion trials', () => {
    // The median of a symmetric distribution.
    expect(regularizedBeta(5e8, 5e8, 0.5)).toBeCloseTo(0.5, 9);
  });

  test.each([
    [0, 1, 0.5],
    [1, -1, 0.5],
    [1, 1, 1.1],
    [1, 1, NaN],
  ])('has no value at a=%p, b=%p, x=%p', (a, b, x) => {
    expect(() => regularizedBeta(a, b, x)).toThrow(RangeError);
  });
});

test('betaPowerTerms is x (1 - x) times the density', () => {
  // The density of Beta(2, 3) is 12 x (1 - x)^2.
  for (const x of [0.001, 0.25, 0.4, 0.999]) {
    const exact = 12 * x ** 2 * (1 - x) ** 3;
    expect(Math.abs(betaPowerTerms(2, 3, x) - exact)).toBeLessThan(1e-14 * exact);
  }
});

describe('inverseRegularizedBeta', () => {
  test.each(oracle.inverseBeta)('gives the $p quantile of Beta($a, $b)', ({ p, a, b, value }) => {
    expect(Math.abs(inverseRegularizedBeta(p, a, b) - value)).toBeLessThan(TOLERANCE * value);
  });

  test('gives the ends for 0 and 1', () => {
    expect([inverseRegularizedBeta(0, 2, 3), inverseRegularizedBeta(1, 2, 3)]).toEqual([0, 1]);
    expect(() => inverseRegularizedBeta(1.5, 2, 3)).toThrow(RangeError);
  });
});

describe('normalQuantile', () => {
  test.each(oracle.normalQuantile)('at $p', ({ p, value }) => {
    expect(Math.abs(normalQuantile(p) - value)).toBeLessThanOrEqual(1e-15 * Math.abs(value));
  });

  test.each([0, 1, -0.1, NaN])('has no value at %p', (p) => {
    expect(() => normalQuantile(p)).toThrow(RangeError);
  });
});
