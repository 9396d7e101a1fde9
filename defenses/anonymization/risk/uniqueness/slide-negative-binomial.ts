import { classesOfSize, type ClassSizes } from '../class-sizes.js';
import { estimateOf, populationOf, unfitted, type PopulationSample, type UniquenessEstimate } from './estimate.js';

const MODEL = 'slide-negative-binomial';

/** Steps of the search in logit(beta), from one end to the other. */
const LARGEST_LOGIT = 16;
const LOGIT_STEP = 1 / 8;
const BISECTIONS = 60;

/** A class of the population has 1 + NB(alpha, beta) people: it has one with probability beta^alpha. */
export interface SlideFit {
  readonly alpha: number;
  readonly beta: number;
}

/**
 * Chen & Keller-McNulty 1998, Estimation of identification disclosure risk in microdata: alpha and beta are those under which as
 * many classes of one and of two records are expected in the sample as there are; the number K of classes in the population is
 * Shlosser's ({@link classesInPopulation}). The population then has K beta^alpha uniques. With
 * d = 1 - (1 - beta)(1 - f) and D = 1 - d a class has in the sample
 *   one with probability f (beta / d)^alpha (1 + alpha D / d),
 *   two with probability f^2 alpha (1 - beta) beta^alpha / (2 d^(alpha + 2)) (2 - (1 - alpha) D).
 */
export function slideNegativeBinomial(sample: PopulationSample): UniquenessEstimate {
  const { sizes, fraction } = sample;
  if (classesOfSize(sizes, 1) === 0) return estimateOf(MODEL, 0, populationOf(sample));
  if (classesOfSize(sizes, 2) === 0) return unfitted(MODEL, 'no class of the sample has two records');
  const classes = classesInPopulation(sizes, fraction);
  const fit = fitSlide(sizes, fraction, classes);
  if (fit === null) return unfitted(MODEL, 'its two equations have no solution for such a sample');
  return estimateOf(MODEL, classes * fit.beta ** fit.alpha, populationOf(sample));
}

/**
 * How many classes the population has, by Shlosser's estimator as Haas & Stokes modified it (1998, Estimating the number of
 * classes in a finite population; Sh3 of Haas et al. 1995). With f_i classes of i records in a sample of fraction q:
 * u + f_1 (sum i q^2 (1 - q^2)^(i-1) f_i / sum (1 - q)^i ((1 + q)^i - 1) f_i) (sum (1 - q)^i f_i / sum i q (1 - q)^(i-1) f_i)^2
 */
export function classesInPopulation(sizes: ClassSizes, q: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (const { size: i, classes } of sizes.counts) {
    a += i * q * q * (1 - q * q) ** (i - 1) * classes;
    // (1 - q^2)^i - (1 - q)^i: the powers of 1 + q alone leave the range of doubles.
    b += ((1 - q * q) ** i - (1 - q) ** i) * classes;
    c += (1 - q) ** i * classes;
    d += i * q * (1 - q) ** (i - 1) * classes;
  }
  const correction = classesOfSize(sizes, 1) * (a / b) * (c / d) ** 2;
  return sizes.classes + (Number.isFinite(correction) ? correction : 0);
}

/**
 * For each beta there are at most two alphas that give as many uniques as the sample has; along each of these two branches the
 * number of pairs is followed from beta near 0 to near 1. Of several solutions the one counts that expects as many classes in the
 * sample as there are. Null where there is none.
 */
export function fitSlide(sizes: ClassSizes, fraction: number, classes: number): SlideFit | null {
  const ones = Math.log(classesOfSize(sizes, 1) / classes);
  const twos = Math.log(classesOfSize(sizes, 2) / classes);
  const solutions = (['lower', 'upper'] as const).flatMap((branch) => {
    const fitAt = (logit: number): SlideFit | null => {
      const beta = 1 / (1 + Math.exp(-logit));
      const alpha = alphaFor(beta, fraction, ones, branch);
      return alpha === null ? null : { alpha, beta };
    };
    const excess = (logit: number): number => {
      const fit = fitAt(logit);
      return fit === null ? NaN : logTwo(fit, fraction) - twos;
    };
    return rootsOf(excess).flatMap((logit) => fitAt(logit) ?? []);
  });
  const missed = (fit: SlideFit) => Math.abs(classes * (1 - chanceOfNone(fit, fraction)) - sizes.classes);
  return solutions.reduce<SlideFit | null>(
    (best, fit) => (best === null || missed(fit) < missed(best) ? fit : best),
    null,
  );
}

function partsOf(beta: number, f: number): { readonly d: number; readonly D: number } {
  return { d: beta + f * (1 - beta), D: (1 - beta) * (1 - f) };
}

function logOne({ alpha, beta }: SlideFit, f: number): number {
  const { d, D } = partsOf(beta, f);
  return Math.log(f) + alpha * Math.log(beta / d) + Math.log1p((alpha * D) / d);
}

function logTwo({ alpha, beta }: SlideFit, f: number): number {
  const { d, D } = partsOf(beta, f);
  const powers = alpha * Math.log(beta / d) - 2 * Math.log(d);
  return Math.log((f * f * alpha * (1 - beta)) / 2) + powers + Math.log(2 - (1 - alpha) * D);
}

function chanceOfNone({ alpha, beta }: SlideFit, f: number): number {
  return (1 - f) * (beta / partsOf(beta, f).d) ** alpha;
}

/** The logarithm of the chance of one is concave in alpha, with its top where its derivative is 0. */
function alphaFor(beta: number, f: number, target: number, branch: 'lower' | 'upper'): number | null {
  const { d, D } = partsOf(beta, f);
  const excess = (alpha: number) => logOne({ alpha, beta }, f) - target;
  const top = D === 0 ? 0 : Math.max(0, -1 / Math.log(beta / d) - d / D);
  if (!(excess(top) >= 0)) return null;
  if (branch === 'lower') return top > 0 && excess(0) < 0 ? bisect(excess, 0, top) : null;
  let high = Math.max(1, 2 * top);
  while (excess(high) > 0) {
    high *= 2;
    if (high > 1e15) return null;
  }
  return bisect(excess, top, high);
}

/** The logits at which a function that is defined in places changes its sign. */
function rootsOf(f: (logit: number) => number): number[] {
  const roots: number[] = [];
  let before = NaN;
  for (let logit = -LARGEST_LOGIT; logit <= LARGEST_LOGIT; logit += LOGIT_STEP) {
    const here = f(logit);
    if (here === 0) roots.push(logit);
    else if (before * here < 0) roots.push(bisect(f, logit - LOGIT_STEP, logit));
    before = here;
  }
  return roots;
}

function bisect(f: (x: number) => number, from: number, to: number): number {
  const sign = Math.sign(f(to));
  let [low, high] = [from, to];
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (Math.sign(f(middle)) === sign) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}
