import oracle from './oracle.fixture.json' with { type: 'json' };
import { beta, dirichlet, permutation, randomStreams, rng, type Rng } from './random.js';
import { regularizedBeta } from './special.js';
import { binomialAtMost } from './tests.js';

const take = (source: Rng, n: number) => Array.from({ length: n }, () => source.uniform());

describe('streams', () => {
  test('equal keys give equal streams, from their beginning at every call', () => {
    const streams = randomStreams(7, 'evasion/pgd');
    expect(take(streams.of(3), 5)).toEqual(take(streams.of(3), 5));
    expect(take(streams.of(3), 5)).toEqual(take(randomStreams('7', 'evasion/pgd').of(3), 5));
    expect(take(streams.fork('restart').fork(2).of(3), 5)).toEqual(
      take(randomStreams(7, 'evasion/pgd', 'restart', 2).of(3), 5),
    );
  });

  test('a stream does not notice what another gave', () => {
    const streams = randomStreams(7, 'evasion/pgd');
    const [a, b] = [streams.of(0), streams.of(1)];
    const mixed = Array.from({ length: 4 }, () => (b.normal(), a.uniform()));
    expect(mixed).toEqual(take(streams.of(0), 4));
  });

  test('different seeds, names and samples give different streams', () => {
    const keys = [
      randomStreams(7, 'evasion/pgd'),
      randomStreams(8, 'evasion/pgd'),
      randomStreams(7, 'evasion/fgsm'),
      randomStreams(7, 'evasion/pgd').fork(0),
      randomStreams(7, 'evasion/pgd').fork(1),
      // Names that a separator would run together.
      randomStreams('7/evasion', 'pgd'),
      randomStreams(7, 'evasion').fork('pgd'),
      randomStreams(7, 'evasion', 'pg', 'd'),
      randomStreams('7","evasion', 'pgd'),
      randomStreams(7),
    ];
    const firsts = keys.flatMap((streams) => [0, 1, 2, 10, 11, 111].map((sample) => streams.of(sample).uniform()));
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  test.each(oracle.random)(
    'are those of xorgens 4096 for good: a change would change every report',
    ({ key, values }) => {
      expect(take(rng(key), values.length)).toEqual(values);
    },
  );

  test('are named by a JSON list of seed and names, and the sample', () => {
    expect(randomStreams(0, 'evasion/pgd').of(17).uniform()).toBe(rng('["0","evasion/pgd"]#17').uniform());
  });

  test('the first numbers of neighbouring samples are uniform and uncorrelated', () => {
    const n = 20_000;
    const firsts = Array.from(
      { length: n },
      (_, sample) => randomStreams(0, 'evasion/noise').of(sample).uniform() - 0.5,
    );
    for (const lag of [1, 2, 10, 100]) {
      const sum = firsts.slice(lag).reduce((total, value, i) => total + value * (firsts[i] ?? 0), 0);
      // Of n products of variance 1/144; five standard deviations.
      expect(Math.abs(sum)).toBeLessThan((5 * Math.sqrt(n)) / 12);
    }
    expect(
      chiSquared(
        firsts.map((value) => Math.floor((value + 0.5) * 100)),
        100,
      ),
    ).toBeLessThan(CHI_SQUARED_99);
  });
});

describe('numbers', () => {
  test('uniform numbers lie in (0, 1) and are uniform', () => {
    const values = take(rng('uniform'), 100_000);
    expect(values.every((value) => value > 0 && value < 1)).toBe(true);
    expect(
      chiSquared(
        values.map((value) => Math.floor(value * 100)),
        100,
      ),
    ).toBeLessThan(CHI_SQUARED_99);
  });

  test('normal numbers have the moments of a standard normal', () => {
    const source = rng('normal');
    const n = 200_000;
    const values = Array.from({ length: n }, () => source.normal());
    const moment = (k: number) => values.reduce((sum, value) => sum + value ** k, 0) / n;
    // Var(x) = 1, Var(x^2) = 2, Var(x^3) = 15, Var(x^4) = 96; five standard deviations each.
    expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    // The pair of one Box-Muller step is independent.
    const products = values.filter((_, i) => i % 2 === 0).map((value, i) => value * (values[2 * i + 1] ?? 0));
    expect(Math.abs(products.reduce((a, b) => a + b, 0))).toBeLessThan(5 * Math.sqrt(n / 2));
  });

  test('integers take each value as often', () => {
    const source = rng('integer');
    const values = Array.from({ length: 70_000 }, () => source.integer(7));
    expect(new Set(values)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
    // 6 degrees of freedom: exceeded with probability 1e-5.
    expect(chiSquared(values, 7)).toBeLessThan(33.1);
  });
});

describe('shares', () => {
  /** Kolmogorov and Smirnov's distance from Beta(a, b), times the root of n: above 2.5 with probability 8e-6. */
  const distance = (draws: readonly number[], a: number, b: number): number => {
    const sorted = [...draws].sort((x, y) => x - y);
    const gaps = sorted.map((value, i) => {
      const at = regularizedBeta(a, b, value);
      return Math.max(Math.abs(at - i / sorted.length), Math.abs(at - (i + 1) / sorted.length));
    });
    return Math.sqrt(sorted.length) * Math.max(...gaps);
  };

  test.each([
    [1, 1],
    [0.2, 0.2],
    [0.05, 0.3],
    [2, 5],
    [40, 3],
  ])('are of Beta(%p, %p)', (a, b) => {
    const source = rng(`beta ${a} ${b}`);
    const draws = Array.from({ length: 5000 }, () => beta(a, b, source));
    expect(distance(draws, a, b)).toBeLessThan(2.5);
    expect(distance(draws, a * 1.3, b)).toBeGreaterThan(2.5);
  });

  test('are numbers where both gamma draws are below the smallest double', () => {
    const source = rng('tiny');
    const draws = Array.from({ length: 1000 }, () => beta(1e-4, 1e-4, source));
    expect(draws.every((share) => share >= 0 && share <= 1)).toBe(true);
    // Nearly a coin: five standard deviations of the count of heads.
    expect(Math.abs(draws.filter((share) => share > 0.5).length - 500)).toBeLessThan(5 * Math.sqrt(250));
  });

  test.each([0.3, 1, 4])('of Dirichlet(%p) add up to 1, and each is of a Beta distribution', (alpha) => {
    const source = rng(`dirichlet ${alpha}`);
    const draws = Array.from({ length: 5000 }, () => dirichlet(alpha, 3, source));
    for (const shares of draws.slice(0, 100)) expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    for (const part of [0, 1, 2]) {
      const marginal = draws.map((shares) => shares[part] ?? NaN);
      expect(distance(marginal, alpha, 2 * alpha)).toBeLessThan(2.5);
    }
  });
});

describe('permutation', () => {
  test('holds each number once', () => {
    expect(permutation(0, rng('p'))).toEqual([]);
    expect(permutation(1, rng('p'))).toEqual([0]);
    expect(permutation(1000, rng('p')).sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  test('every order of four is as likely', () => {
    const source = rng('orders');
    const draws = 24_000;
    const counts = new Map<string, number>();
    for (let i = 0; i < draws; i++) {
      const order = permutation(4, source).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    for (const count of counts.values()) {
      // Two-sided at 1e-6, for 24 orders together.
      expect(binomialAtMost(count, draws, 1 / 24)).toBeGreaterThan(1e-6);
      expect(binomialAtMost(count, draws, 1 / 24)).toBeLessThan(1 - 1e-6);
    }
  });
});

/** Exceeded with probability 1e-5 at 99 degrees of freedom. */
const CHI_SQUARED_99 = 170.7;

function chiSquared(values: readonly number[], bins: number): number {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  const expected = values.length / bins;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
