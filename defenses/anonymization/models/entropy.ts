/**
 * How the entropy of a class is told from its counts, in nats.
 *
 * `shannon`: ln N - (1/N) sum n ln n, of the class as it is (Machanavajjhala et al. 2007).
 * `grassberger`: ln N - (1/N) sum n G(n), which is nearly free of bias for the distribution that the class was drawn from
 * (Grassberger 2003, "Entropy estimates from insufficient samplings", arXiv:physics/0307138; for l-diversity Stammler,
 * Katzenbeisser & Hamacher 2016, doi:10.1007/978-3-319-45381-1_11). ARX writes G(N) for ln N.
 */
export type EntropyEstimator = 'shannon' | 'grassberger';

const EULER_GAMMA = 0.5772156649015329;

/** From here on, the terms of the expansion that are left out are below 1e-15. */
const EXPAND_FROM = 100;

/**
 * Grassberger's substitute for ln n: G(1) = -gamma - ln 2, G(2) = G(1) + 2, G(2m + 1) = G(2m) and G(2m + 2) = G(2m) + 2 / (2m + 1).
 *
 * @param n a whole number, at least 1
 */
export function grassbergerLog(n: number): number {
  const half = Math.floor(n / 2);
  if (half >= EXPAND_FROM) {
    // G(2m) = psi(m + 1/2) + ln 2, in powers of 1/m^2 (DLMF 5.4.15 and 5.11.2).
    const m = 1 / (half * half);
    return Math.log(2 * half) + m * (1 / 24 - m * (7 / 960 - m * (31 / 8064)));
  }
  let sum = -EULER_GAMMA - Math.LN2;
  for (let i = 1; i <= half; i++) sum += 2 / (2 * i - 1);
  return sum;
}

/** n ln n or n G(n) for n up to `largest`, with 0 for 0: limits that no logarithm gives. */
export function weightedLogs(estimator: EntropyEstimator, largest: number): Float64Array {
  const logOf = estimator === 'shannon' ? Math.log : grassbergerLog;
  return Float64Array.from({ length: largest + 1 }, (_, n) => (n === 0 ? 0 : n * logOf(n)));
}

/** The largest count whose weighted logarithm is kept: 512 KiB of them. */
const KEPT = 65_535;

/**
 * The entropy of counts from `first` on, which add up to `records`; -Infinity of no records. Shannon's is never below 0, whatever rounding
 * says; Grassberger's may be. Allocates nothing when called.
 */
export function entropyOf(
  estimator: EntropyEstimator,
  first: number,
  largest: number,
): (counts: Int32Array, records: number) => number {
  const kept = weightedLogs(estimator, Math.min(largest, KEPT));
  const logOf = estimator === 'shannon' ? Math.log : grassbergerLog;
  const least = estimator === 'shannon' ? 0 : -Infinity;
  return (counts, records) => {
    if (records === 0) return -Infinity;
    let sum = 0;
    for (let code = first; code < counts.length; code++) {
      const n = counts[code] ?? 0;
      sum += kept[n] ?? n * logOf(n);
    }
    return Math.max(least, Math.log(records) - sum / records);
  };
}
