import { normalQuantile } from './normal.js';
import { inverseRegularizedBeta } from './special.js';

/** An interval of a rate, within [0, 1]. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The exact interval of a binomial rate (Clopper and Pearson 1934): whatever the rate is, the interval holds it with
 * at least the given probability. No trials give [0, 1].
 */
export function clopperPearson(successes: number, n: number, level = 0.95): Interval {
  checkCounts(successes, n, level);
  const tail = (1 - level) / 2;
  return {
    low: successes === 0 ? 0 : inverseRegularizedBeta(tail, successes, n - successes + 1),
    high: successes === n ? 1 : inverseRegularizedBeta(1 - tail, successes + 1, n - successes),
  };
}

/**
 * The score interval of a binomial rate without continuity correction (Wilson 1927): holds the rate with about the
 * given probability on average over rates. No trials give [0, 1].
 */
export function wilson(successes: number, n: number, level = 0.95): Interval {
  checkCounts(successes, n, level);
  return n === 0 ? { low: 0, high: 1 } : wilsonOfRate(successes / n, n, level);
}

/**
 * The same of a rate that is as sure as one of `n` trials would be: the mean of shares, or of samples that are not drawn one by
 * one, at their effective number (Korn and Graubard 1998).
 *
 * @param n above 0, any real number
 */
export function wilsonOfRate(rate: number, n: number, level = 0.95): Interval {
  if (!(rate >= 0 && rate <= 1 && n > 0)) throw new RangeError(`${rate} of ${n} trials is not a rate`);
  const z = normalQuantile((1 + level) / 2);
  const shrinkage = 1 + (z * z) / n;
  const centre = (rate + (z * z) / (2 * n)) / shrinkage;
  const half = (z / shrinkage) * Math.sqrt((rate * (1 - rate)) / n + (z * z) / (4 * n * n));
  return { low: rate === 0 ? 0 : centre - half, high: rate === 1 ? 1 : centre + half };
}

function checkCounts(successes: number, n: number, level: number): void {
  if (!(Number.isInteger(successes) && Number.isInteger(n) && successes >= 0 && successes <= n)) {
    throw new RangeError(`${successes} of ${n} is not a count of successes`);
  }
  if (!(level > 0 && level < 1)) throw new RangeError(`${level} is not a confidence level`);
}
