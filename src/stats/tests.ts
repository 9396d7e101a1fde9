import { betaPowerTerms, regularizedBeta } from './special.js';

/** P(X = k) for X ~ Binomial(n, p). */
export function binomialExactly(k: number, n: number, p: number): number {
  checkBinomial(k, n, p);
  if (p === 0) return k === 0 ? 1 : 0;
  if (p === 1) return k === n ? 1 : 0;
  // C(n, k) = 1 / ((n + 1) B(k + 1, n - k + 1)).
  return betaPowerTerms(k + 1, n - k + 1, p) / ((n + 1) * p * (1 - p));
}

/** P(X <= k) for X ~ Binomial(n, p) (DLMF 8.17.5). */
export function binomialAtMost(k: number, n: number, p: number): number {
  checkBinomial(k, n, p);
  return k === n ? 1 : regularizedBeta(n - k, k + 1, 1 - p);
}

/** P(X >= k) for X ~ Binomial(n, p) (DLMF 8.17.5). */
export function binomialAtLeast(k: number, n: number, p: number): number {
  checkBinomial(k, n, p);
  return k === 0 ? 1 : regularizedBeta(k, n - k + 1, p);
}

/** `exact` is conservative; `mid-p` counts outcomes as likely as the observed one by half. */
export type McNemarVariant = 'exact' | 'mid-p';

/**
 * McNemar's test of two paired runs, two-sided and conditional on the discordant pairs (McNemar 1947; mid-p after
 * Fagerland, Lydersen and Laake 2013): the p-value of `onlyFirst` samples on which only the first run is right and
 * `onlySecond` on which only the second is, if both were equally likely. No discordant pair gives 1 (mid-p: 1/2).
 */
export function mcnemar(onlyFirst: number, onlySecond: number, variant: McNemarVariant = 'exact'): number {
  const n = onlyFirst + onlySecond;
  const fewer = Math.min(onlyFirst, onlySecond);
  const asLikely = (2 * fewer === n ? 1 : 2) * binomialExactly(fewer, n, 0.5);
  const asLikelyOrLess = 2 * fewer === n ? 1 : Math.min(1, 2 * binomialAtMost(fewer, n, 0.5));
  return variant === 'exact' ? asLikelyOrLess : asLikelyOrLess - asLikely / 2;
}

/**
 * The same test in one direction: the chance of at least `lost` among the discordant pairs, if losing and winning were
 * equally likely. No discordant pair gives 1.
 */
export function mcnemarOneSided(lost: number, won: number): number {
  return binomialAtLeast(lost, lost + won, 0.5);
}

/**
 * Holm's correction (Holm 1979, A simple sequentially rejective multiple test procedure): each p-value as it counts when
 * all hypotheses are tested together, in the given order. Never above 1.
 */
export function holm(ps: readonly number[]): number[] {
  const adjusted = ps.map(() => 1);
  let least = 0;
  const ascending = ps.map((p, i) => ({ p, i })).sort((a, b) => a.p - b.p);
  ascending.forEach(({ p, i }, rank) => {
    least = Math.max(least, Math.min(1, (ps.length - rank) * p));
    adjusted[i] = least;
  });
  return adjusted;
}

function checkBinomial(k: number, n: number, p: number): void {
  if (!(Number.isInteger(k) && Number.isInteger(n) && k >= 0 && k <= n)) {
    throw new RangeError(`${k} of ${n} is not a count of successes`);
  }
  if (!(p >= 0 && p <= 1)) throw new RangeError(`${p} is not a probability`);
}
