/** B_2k / (2k (2k - 1)), the coefficients of Stirling's series (DLMF 5.11.1). */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];

/** From here on, the terms of Stirling's series that are left out are below 1e-17. */
const STIRLING_FROM = 12;

/** Stands for zero in denominators of the continued fraction, far below anything that counts. */
const TINY = 1e-300;

/** ln Gamma(x) for x > 0, to 1e-15 relative or absolute, whichever is larger. */
export function logGamma(x: number): number {
  if (!(x > 0)) throw new RangeError(`logGamma needs a positive number, not ${x}`);
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + stirlingError(x);
}

/**
 * x^a (1 - x)^b / B(a, b) for 0 < x < 1: the factor in front of the incomplete beta function, and the binomial
 * probability but for a factor. By Loader's saddle-point form (2000, "Fast and accurate computation of binomial
 * probabilities"): differences of log-gammas would lose as many digits as a + b has.
 */
export function betaPowerTerms(a: number, b: number, x: number): number {
  const n = a + b;
  const correction = stirlingError(n) - stirlingError(a) - stirlingError(b);
  return (
    Math.sqrt((a * (b / n)) / (2 * Math.PI)) * Math.exp(correction - deviance(a, n * x) - deviance(b, n * (1 - x)))
  );
}

/**
 * The regularized incomplete beta function I_x(a, b) for a, b > 0 and 0 <= x <= 1, by its continued fraction (DLMF
 * 8.17.22) on the side where it converges fast. Absolute error below 1e-12 for a + b up to 1e6.
 */
export function regularizedBeta(a: number, b: number, x: number): number {
  if (!(a > 0 && b > 0 && x >= 0 && x <= 1)) throw new RangeError(`I_x(a, b) has no value at x=${x}, a=${a}, b=${b}`);
  if (x === 0 || x === 1) return x;
  const front = betaPowerTerms(a, b, x);
  return x < (a + 1) / (a + b + 2) ? front / (a * betaFraction(a, b, x)) : 1 - front / (b * betaFraction(b, a, 1 - x));
}

/** The x at which I_x(a, b) = p: Newton's method kept inside a shrinking bracket. Relative error below 1e-12. */
export function inverseRegularizedBeta(p: number, a: number, b: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`${p} is not a probability`);
  if (p === 0 || p === 1) return p;
  let [low, high] = [0, 1];
  let x = a / (a + b);
  // Bisection alone would need 1,100 steps to reach the smallest double.
  for (let step = 0; step < 1200 && high - low > 2 ** -52 * high; step++) {
    const excess = regularizedBeta(a, b, x) - p;
    if (excess === 0) return x;
    if (excess > 0) high = x;
    else low = x;
    const slope = betaPowerTerms(a, b, x) / (x * (1 - x));
    const newton = x - excess / slope;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - x) <= 2 ** -52 * x) return next;
    x = next;
  }
  return x;
}

/** ln Gamma(x) minus Stirling's formula (x - 1/2) ln x - x + ln(2 pi) / 2. */
function stirlingError(x: number): number {
  let shift = 0;
  let z = x;
  // The difference between neighbours, from Gamma(z + 1) = z Gamma(z).
  for (; z < STIRLING_FROM; z++) shift += (z + 0.5) * Math.log1p(1 / z) - 1;
  return shift + STIRLING.reduceRight((sum, coefficient) => sum / (z * z) + coefficient, 0) / z;
}

/** x ln(x / mean) + mean - x without cancellation near x = mean (Loader's `bd0`). */
function deviance(x: number, mean: number): number {
  const difference = x - mean;
  if (Math.abs(difference) >= 0.1 * (x + mean)) return x * Math.log(x / mean) - difference;
  const v = difference / (x + mean);
  let sum = difference * v;
  let power = 2 * x * v;
  for (let j = 1; ; j++) {
    power *= v * v;
    const next = sum + power / (2 * j + 1);
    if (next === sum) return sum;
    sum = next;
  }
}

/** 1 + d1/(1 + d2/(1 + ...)) of DLMF 8.17.22 by the modified method of Lentz (Thompson and Barnett 1986). */
function betaFraction(a: number, b: number, x: number): number {
  let fraction = 1;
  let c = 1;
  let d = 0;
  for (let j = 1; j < 100_000; j++) {
    const term = betaCoefficient(a, b, x, j);
    d = 1 / nonZero(1 + term * d);
    c = nonZero(1 + term / c);
    fraction *= c * d;
    if (Math.abs(c * d - 1) <= 2 ** -52) return fraction;
  }
  throw new RangeError(`the continued fraction of I_x(a, b) did not converge at x=${x}, a=${a}, b=${b}`);
}

function betaCoefficient(a: number, b: number, x: number, j: number): number {
  const m = Math.floor(j / 2);
  return j % 2 === 0
    ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}
