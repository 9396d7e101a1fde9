import { rng } from '#stats/random';
import { agreementOf, explainedVarianceOf, mostFrequent } from './fidelity.js';

test('agreement counts equal answers, and those of the usual one', () => {
  const found = agreementOf(Float64Array.of(0, 1, 2, 1), Float64Array.of(0, 1, 1, 1), 1);
  expect(found).toMatchObject({ agreed: 3, n: 4, constant: 2 });
  // Clopper and Pearson, 3 of 4 (SciPy: binomtest(3, 4).proportion_ci()).
  expect(found.interval.low).toBeCloseTo(0.19412, 5);
  expect(found.interval.high).toBeCloseTo(0.99369, 5);
});

test('R squared: 1 of itself, 0 of the mean, below 0 of what is worse', () => {
  const model = Float64Array.of(1, 2, 3, 6);
  const value = (surrogate: Float64Array) => explainedVarianceOf(model, surrogate, rng('resampled')).value;
  expect(value(model)).toBe(1);
  expect(value(new Float64Array(4).fill(3))).toBe(0);
  expect(value(Float64Array.of(6, 3, 2, 1))).toBeLessThan(0);
  expect(explainedVarianceOf(new Float64Array(4), model, rng('resampled')).value).toBeNaN();
});

test('its interval holds the R squared of the population in 95 % of draws', () => {
  const source = rng('population');
  // The surrogate misses noise of a variance of 1 in 5: R squared .8.
  let held = 0;
  for (let k = 0; k < 100; k++) {
    const surrogate = Float64Array.from({ length: 80 }, () => 2 * source.normal());
    const model = surrogate.map((value) => value + source.normal());
    const { interval } = explainedVarianceOf(model, surrogate, rng(`draw ${k}`));
    if (interval.low <= 0.8 && interval.high >= 0.8) held += 1;
  }
  // Percentile intervals of 80 rows are a little short: 90 % less three standard errors.
  expect(held).toBeGreaterThanOrEqual(81);
});

test('of equally frequent answers the first', () => {
  expect(mostFrequent(Float64Array.of(2, 1, 2, 1), 3)).toBe(1);
});
