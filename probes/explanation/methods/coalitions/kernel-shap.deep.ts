import { productGame } from '../../../../test/coalition-games.js';
import { coverageOf } from '../../../../test/coverage-of-errors.js';

/** 6,000 pairs of trial and feature: the share within 1.96 standard errors is known to 0.3 %. */
const TRIALS = 200;

describe('30 features: values are within 1.96 of their standard errors in 92 to 98 % of all trials and features', () => {
  test.each([
    // Pairs of complements leave nothing to chance in a game of second order, which their own test shows.
    ['linear and every product of two, coalitions drawn one by one', 0, false, 2048],
    ['linear and every product of two, few coalitions', 0, false, 512],
    ['products of three too, coalitions drawn with their complements', 200, true, 2048],
    ['products of three too, few coalitions with their complements', 200, true, 512],
  ])('%s', async (_, triples, paired, budget) => {
    const { within, smallestError, ratio } = await coverageOf(productGame(30, triples), budget, paired, TRIALS);
    expect(smallestError).toBeGreaterThan(0);
    expect(within).toBeGreaterThan(0.92);
    expect(within).toBeLessThan(0.98);
    expect(Math.abs(ratio - 1)).toBeLessThan(0.1);
  });
});
