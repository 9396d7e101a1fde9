import { distinctDiversity, entropyDiversity, recursiveDiversity } from './l-diversity.js';
import { grassbergerLog } from './entropy.js';
import type { MeasuringModel } from './measured-model.js';
import { classOf, joined, tableOf, type Value } from './testing/classes.js';

const S = { column: 's', missing: 'left-out' } as const;
const shannon = (l: number) => entropyDiversity({ ...S, l, estimator: 'shannon' });
const grassberger = (l: number) => entropyDiversity({ ...S, l, estimator: 'grassberger' });

const repeat = (value: Value, times: number): Value[] => Array.from({ length: times }, () => value);
const spread = (...counts: number[]): Value[] =>
  counts.flatMap((count, i) => repeat(String.fromCharCode(97 + i), count));

function measured(model: MeasuringModel, values: readonly Value[]): number {
  const table = tableOf(values);
  return model.bind(table).measure(classOf(table, values));
}

function holds(model: MeasuringModel, values: readonly Value[]): boolean {
  const table = tableOf(values);
  return model.bind(table).holds(classOf(table, values));
}

describe('distinct', () => {
  test.each([
    [spread(5), 1],
    [spread(3, 1), 2],
    [spread(1, 1, 1), 3],
    [[...spread(2, 2), null, null], 2],
    [[null, null], 0],
  ])('%j has %d values', (values, l) => {
    expect(measured(distinctDiversity({ ...S, l: 2 }), values)).toBe(l);
    expect(holds(distinctDiversity({ ...S, l: 2 }), values)).toBe(l >= 2);
  });

  test('counts a missing value only where it is one of its own', () => {
    expect(holds(distinctDiversity({ ...S, l: 2 }), ['flu', null])).toBe(false);
    expect(holds(distinctDiversity({ column: 's', missing: 'own-value', l: 2 }), ['flu', null])).toBe(true);
  });
});

describe('entropy', () => {
  test('of l equally frequent values is l, for every l and size: rounding does not keep it out', () => {
    for (let l = 2; l <= 40; l++) {
      for (const times of [1, 2, 3, 7, 10, 1000, 65_536]) {
        const table = tableOf(spread(...repeat('', l).map(() => 1)));
        const members = {
          size: l * times,
          population: 0,
          counts: [Int32Array.from([0, ...repeat('', l).map(() => times)])],
        };
        expect(shannon(l).bind(table).holds(members)).toBe(true);
        expect(shannon(l).bind(table).measure(members)).toBeCloseTo(l, 10);
        expect(
          shannon(l + 1)
            .bind(table)
            .holds(members),
        ).toBe(false);
      }
    }
  });

  test('in closed form, with 0 ln 0 = 0', () => {
    // H(3/4, 1/4) = 2 ln 2 - (3/4) ln 3; values that the class lacks add nothing.
    const table = tableOf(spread(3, 1, 5, 5));
    const members = classOf(table, spread(3, 1));
    expect(shannon(2).bind(table).measure(members)).toBeCloseTo(4 / 3 ** 0.75, 14);
    expect(shannon(2).bind(table).holds(members)).toBe(false);
  });

  test('of a class without a known value is no diversity', () => {
    expect(measured(shannon(2), [null])).toBe(0);
    expect(holds(shannon(2), [null])).toBe(false);
    expect(holds(grassberger(2), [null])).toBe(false);
  });
});

describe("Grassberger's estimator", () => {
  const gamma = 0.5772156649015329;

  test('has the G(n) of the paper', () => {
    expect(grassbergerLog(1)).toBeCloseTo(-gamma - Math.LN2, 15);
    expect(grassbergerLog(2)).toBeCloseTo(2 - gamma - Math.LN2, 15);
    expect(grassbergerLog(4)).toBeCloseTo(2 + 2 / 3 - gamma - Math.LN2, 15);
    for (let m = 1; m < 300; m++) {
      expect(grassbergerLog(2 * m + 1)).toBe(grassbergerLog(2 * m));
      // Also across the place where the sum becomes an expansion.
      expect(grassbergerLog(2 * m + 2) - grassbergerLog(2 * m)).toBeCloseTo(2 / (2 * m + 1), 13);
    }
  });

  test('G(n) = psi(n) + (-1)^n int_0^1 x^(n-1) / (x + 1) dx, its definition', () => {
    // psi(n) = -gamma + sum 1/i; the integral by Simpson's rule, error below 1e-12 for 2,000 steps.
    for (const n of [1, 2, 3, 4, 5, 8, 13, 30]) {
      const psi = Array.from({ length: n - 1 }, (_, i) => 1 / (i + 1)).reduce((a, b) => a + b, -gamma);
      const f = (x: number) => x ** (n - 1) / (x + 1);
      const steps = 2000;
      let integral = f(0) + f(1);
      for (let i = 1; i < steps; i++) integral += (i % 2 === 0 ? 2 : 4) * f(i / steps);
      integral /= 3 * steps;
      expect(grassbergerLog(n)).toBeCloseTo(psi + (-1) ** n * integral, 10);
    }
  });

  test('is ln N - (1/N) sum n G(n)', () => {
    const expected = Math.log(6) - (3 * grassbergerLog(3) + 2 * grassbergerLog(2) + grassbergerLog(1)) / 6;
    expect(measured(grassberger(2), spread(3, 2, 1))).toBeCloseTo(Math.exp(expected), 12);
  });

  test('does not call a class of one value diverse, however few records it has', () => {
    // exp(ln 1 - G(1)) = 2 exp(gamma) = 3.56
    expect(measured(grassberger(2), ['a'])).toBeCloseTo(2 * Math.exp(gamma), 12);
    expect(holds(grassberger(2), ['a'])).toBe(false);
  });

  test('is not monotone, and says so: three values once each against three values twice each', () => {
    const table = tableOf(spread(2, 2, 2));
    const bound = grassberger(3).bind(table);
    const part = classOf(table, spread(1, 1, 1));
    expect(bound.holds(part)).toBe(true);
    expect(bound.holds(joined(part, part))).toBe(false);
    expect(grassberger(3).monotone).toBe(false);
    expect(shannon(3).monotone).toBe(true);
  });
});

describe('recursive (c, l)', () => {
  const recursive = (c: number, l: number) => recursiveDiversity({ ...S, c, l });

  test('sorts from the largest count on: r1 = 5 against r2 + r3 = 3 + 1', () => {
    expect(measured(recursive(2, 2), spread(1, 5, 3))).toBe(5 / 4);
    // Sorted the other way round, r1 = 1 < c (3 + 5) would hold for every c above 1/8.
    expect(holds(recursive(1.25, 2), spread(1, 5, 3))).toBe(false);
    expect(holds(recursive(1.26, 2), spread(1, 5, 3))).toBe(true);
  });

  test.each([
    [2, 10 / (4 + 3 + 2 + 1)],
    [3, 10 / (3 + 2 + 1)],
    [4, 10 / (2 + 1)],
    [5, 10 / 1],
    [6, Infinity],
  ])('l = %d looks at the counts from the l-th on', (l, ratio) => {
    expect(measured(recursive(100, l), spread(2, 10, 1, 4, 3))).toBe(ratio);
    expect(holds(recursive(1e9, l), spread(2, 10, 1, 4, 3))).toBe(ratio < Infinity);
  });

  test('is strict: r1 = c times the tail does not hold', () => {
    expect(holds(recursive(1, 2), spread(2, 2))).toBe(false);
    expect(holds(recursive(1.0001, 2), spread(2, 2))).toBe(true);
  });

  test('of a class without a known value does not hold', () => {
    expect(holds(recursive(3, 2), [null, null])).toBe(false);
  });
});
