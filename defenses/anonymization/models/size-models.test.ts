import { binomialTail, differentialPrivacyModel, safePubParameters, sampleRecords } from './differential-privacy.js';
import { deltaPresenceModel, kAnonymityModel, kMapModel } from './size-models.js';
import { rng } from '#stats/random';

const members = (size: number, population = 0) => ({ size, population, counts: [] });
const EMPTY = { rows: 0, columns: [] };

test('k-anonymity and k-map change at exactly k', () => {
  const anonymous = kAnonymityModel({ k: 5 }).bind(EMPTY);
  const map = kMapModel({ k: 5 }).bind(EMPTY);
  expect([4, 5, 6].map((n) => anonymous.holds(members(n)))).toEqual([false, true, true]);
  expect([4, 5, 6].map((n) => map.holds(members(1, n)))).toEqual([false, true, true]);
});

test('delta-presence holds between its bounds, both included, and of no class that the population lacks', () => {
  const bound = deltaPresenceModel({ minimum: 0.1, maximum: 0.3 }).bind(EMPTY);
  expect([0, 1, 2, 3, 4].map((n) => bound.holds(members(n, 10)))).toEqual([false, true, true, true, false]);
  expect(bound.measure(members(3, 10))).toBe(0.3);
  expect(bound.measure(members(3))).toBe(Infinity);
  expect(bound.holds(members(3))).toBe(false);
});

describe('differential privacy of records', () => {
  /** P[Binomial(n, beta) > gamma n], term by term. */
  function tail(n: number, beta: number, gamma: number): number {
    let probability = (1 - beta) ** n;
    let sum = 0;
    for (let j = 0; j <= n; j++) {
      if (j > gamma * n) sum += probability;
      probability *= ((n - j) / (j + 1)) * (beta / (1 - beta));
    }
    return sum;
  }

  test('has the binomial tail', () => {
    for (const [n, beta, gamma] of [
      [1, 0.3, 0.5],
      [10, 0.2, 0.45],
      [57, 0.63, 0.86],
      [200, 0.095, 0.18],
      [400, 0.4, 0.6],
    ] as const) {
      // Both sum rounded terms: ten digits of what is left.
      expect(binomialTail(n, beta, gamma) / tail(n, beta, gamma)).toBeCloseTo(1, 10);
    }
    expect(binomialTail(3, 0.5, 1)).toBe(0);
  });

  test.each([
    [0.5, 1e-4],
    [Math.LN2, 1e-5],
    [1, 1e-6],
    [1.5, 1e-5],
    [2, 1e-4],
  ])('epsilon %f, delta %f: k is the least that makes the promise of the paper true', (epsilon, delta) => {
    const { k, beta } = safePubParameters({ epsilon, delta });
    expect(beta).toBeCloseTo(1 - Math.exp(-epsilon), 15);
    const gamma = (Math.exp(epsilon) - 1 + beta) / Math.exp(epsilon);
    // The maximum over n, far enough that no tail is left to count.
    const deltaOf = (least: number) => {
      let largest = 0;
      for (let n = Math.max(1, Math.ceil(least / gamma - 1)); n < 1500; n++)
        largest = Math.max(largest, tail(n, beta, gamma));
      return largest;
    };
    expect(deltaOf(k)).toBeLessThanOrEqual(delta);
    expect(deltaOf(k - 1)).toBeGreaterThan(delta);
  });

  test('needs larger classes for a smaller delta, and smaller ones for a smaller beta', () => {
    const k = (delta: number, beta?: number) => safePubParameters({ epsilon: 1, delta, beta }).k;
    expect(k(1e-8)).toBeGreaterThan(k(1e-5));
    expect(k(1e-5, 0.1)).toBeLessThan(k(1e-5));
  });

  test('refuses a beta that is too large for epsilon, and what no table could keep', () => {
    expect(() => safePubParameters({ epsilon: 0.1, delta: 1e-5, beta: 0.2 })).toThrow(
      'at most 1 - exp(-epsilon) = 0.095',
    );
    expect(() => safePubParameters({ epsilon: 1e-9, delta: 1e-5 })).toThrow('need classes of more than');
  });

  test('is a k-anonymity of what was sampled', () => {
    const model = differentialPrivacyModel({ epsilon: 1, delta: 1e-6 });
    const { k } = model.promise;
    expect(model.bind(EMPTY).holds(members(k))).toBe(true);
    expect(model.bind(EMPTY).holds(members(k - 1))).toBe(false);
  });

  test('samples the same records for the same seed, and about a share beta of them', () => {
    const secret = (key: string) => {
      const source = rng(key);
      return () => source.uniform();
    };
    const sampled = sampleRecords(20_000, 0.3, secret('one'));
    expect(sampleRecords(20_000, 0.3, secret('one'))).toEqual(sampled);
    expect(sampleRecords(20_000, 0.3, secret('other'))).not.toEqual(sampled);
    // Five standard deviations: sqrt(20,000 x 0.3 x 0.7) = 65.
    expect(Math.abs(sampled.reduce((a, b) => a + b, 0) - 6000)).toBeLessThan(325);
  });
});
