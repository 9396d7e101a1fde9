import { logGamma } from '#stats/special';
import type { ClassSizes } from '../class-sizes.js';
import { estimateOf, populationOf, unfitted, type PopulationSample, type UniquenessEstimate } from './estimate.js';

/** The parameters of Pitman's sampling formula: 0 < alpha < 1, theta > -alpha. */
export interface PitmanFit {
  readonly alpha: number;
  readonly theta: number;
}

const MAXIMUM_STEPS = 200;
/** Of both parameters on their unbounded scales: a step so small ends the search. */
const LAST_STEP = 1e-8;
/** Beyond it, alpha is 0 or 1 for all purposes: the likelihood has no maximum between. */
const FARTHEST = 30;

/**
 * Pitman's model with the parameters of the largest likelihood (Hoshino 2001, Applying Pitman's sampling formula to microdata
 * disclosure risk assessment): the expected number of uniques in a population of N is
 * N Gamma(theta + 1) Gamma(N + theta + alpha - 1) / (Gamma(theta + alpha) Gamma(N + theta)), in place of its limit for large
 * N, Gamma(theta + 1) / Gamma(theta + alpha) N^alpha.
 */
export function pitman(sample: PopulationSample): UniquenessEstimate {
  const population = populationOf(sample);
  const fit = fitPitman(sample.sizes);
  if (fit === null) return unfitted('pitman', 'its likelihood has no maximum for such a sample');
  const { alpha, theta } = fit;
  const chance =
    logGamma(theta + 1) -
    logGamma(theta + alpha) +
    logGamma(population - 1 + theta + alpha) -
    logGamma(population + theta);
  return estimateOf('pitman', population * Math.exp(chance), population);
}

/** Newton's method with Levenberg's damping on logit(alpha) and log(theta + alpha); null where no maximum lies between the bounds. */
export function fitPitman(sizes: ClassSizes): PitmanFit | null {
  if (sizes.classes < 2 || sizes.classes === sizes.records) return null;
  const larger = classesLargerThan(sizes);
  let at: Point = { p: 0, q: Math.log(sizes.classes) };
  let here = likelihoodAt(at, sizes, larger);
  let damping = 1e-3;
  for (let step = 0; step < MAXIMUM_STEPS; step++) {
    const move = dampedStep(here, damping);
    if (move !== null) {
      const next = { p: at.p + move.p, q: at.q + move.q };
      const there = likelihoodAt(next, sizes, larger);
      // Not above: a step of rounding's size is as good as none.
      if (there.value >= here.value || smaller(move, LAST_STEP)) {
        [at, here, damping] = [next, there, damping / 10];
        if (smaller(move, LAST_STEP) && damping < 1e-3) return inside(at) ? parametersOf(at) : null;
        if (!inside(at)) return null;
        continue;
      }
    }
    damping = Math.max(damping, 1e-6) * 10;
    if (damping > 1e12) return null;
  }
  return null;
}

/** p = logit(alpha), q = log(theta + alpha). */
interface Point {
  readonly p: number;
  readonly q: number;
}

interface Likelihood {
  readonly value: number;
  readonly gradient: Point;
  readonly pp: number;
  readonly pq: number;
  readonly qq: number;
}

function parametersOf({ p, q }: Point): PitmanFit {
  const alpha = 1 / (1 + Math.exp(-p));
  return { alpha, theta: Math.exp(q) - alpha };
}

function inside({ p, q }: Point): boolean {
  return Math.abs(p) < FARTHEST && Math.abs(q) < 2 * FARTHEST;
}

function smaller({ p, q }: Point, limit: number): boolean {
  return Math.abs(p) < limit && Math.abs(q) < limit;
}

/** By i: how many classes have more than i records. */
function classesLargerThan({ counts, classes }: ClassSizes): Float64Array {
  const larger = new Float64Array(counts.at(-1)?.size ?? 0);
  let left = classes;
  let from = 0;
  for (const { size, classes: some } of counts) {
    larger.fill(left, from, size);
    from = size;
    left -= some;
  }
  return larger;
}

/**
 * The logarithm of the likelihood but for a constant, sum over i < u of log(theta + i alpha) - sum over i < n of log(theta + i) +
 * sum over classes and i < their size of log(i - alpha), with two derivatives, on the unbounded scales.
 */
function likelihoodAt(at: Point, { classes, records }: ClassSizes, larger: Float64Array): Likelihood {
  const { alpha, theta } = parametersOf(at);
  let [value, t, a, tt, ta, aa] = [0, 0, 0, 0, 0, 0];
  for (let i = 1; i < classes; i++) {
    const inverse = 1 / (theta + i * alpha);
    value -= Math.log(inverse);
    t += inverse;
    a += i * inverse;
    tt -= inverse * inverse;
    ta -= i * inverse * inverse;
    aa -= i * inverse * (i * inverse);
  }
  for (let i = 1; i < records; i++) {
    const inverse = 1 / (theta + i);
    value += Math.log(inverse);
    t -= inverse;
    tt += inverse * inverse;
  }
  for (let i = 1; i < larger.length; i++) {
    const weight = larger[i] ?? 0;
    const inverse = 1 / (i - alpha);
    value -= weight * Math.log(inverse);
    a -= weight * inverse;
    aa -= weight * inverse * inverse;
  }
  // The chain rule: d alpha / dp = alpha (1 - alpha) = -d theta / dp, d theta / dq = theta + alpha.
  const slope = alpha * (1 - alpha);
  const sum = theta + alpha;
  return {
    value,
    gradient: { p: slope * (a - t), q: sum * t },
    pp: slope * slope * (aa - 2 * ta + tt) + slope * (1 - 2 * alpha) * (a - t),
    pq: slope * sum * (ta - tt),
    qq: sum * sum * tt + sum * t,
  };
}

/** Solves (damping D - H) step = gradient, D the size of H's diagonal; null where that is no way up. */
function dampedStep({ gradient, pp, pq, qq }: Likelihood, damping: number): Point | null {
  const a = damping * Math.max(Math.abs(pp), 1e-9) - pp;
  const c = damping * Math.max(Math.abs(qq), 1e-9) - qq;
  const determinant = a * c - pq * pq;
  if (!(a > 0 && determinant > 0)) return null;
  const p = (c * gradient.p + pq * gradient.q) / determinant;
  const q = (pq * gradient.p + a * gradient.q) / determinant;
  // Far from the maximum a parabola says little.
  const shrink = Math.min(1, 4 / Math.max(Math.abs(p), Math.abs(q)));
  return { p: p * shrink, q: q * shrink };
}
