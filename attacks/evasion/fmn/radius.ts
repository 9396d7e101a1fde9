import type { Norm } from '../geometry/norms.js';
import type { Box } from '../geometry/space.js';
import { normsOf, sizeIn } from '../geometry/norms.js';

const { abs, floor, max, min, sqrt } = Math;

/** What is known of an iterate when the radius of its sample is set anew. */
export interface AtIterate {
  readonly isWrong: boolean;
  /** Of its change, in the norm. */
  readonly size: number;
  /** Of the head there, and the dual norm of its gradient along what can be changed. */
  readonly margin: number;
  readonly slope: number;
  /** The least change that was wrong so far, this iterate included; Infinity where there is none. */
  readonly best: number;
  /** By which share the radius shrinks or grows. */
  readonly gamma: number;
  /** The largest change that the domain allows. */
  readonly most: number;
}

/** The radius that a sample begins with (Pintor et al. 2021, algorithm 1; L0 begins with one value). */
export function firstRadius(norm: Norm): number {
  return norm === 'L0' ? 1 : Infinity;
}

/**
 * The radius of the next step (algorithm 1, lines 5 to 10). Until something wrong was found: as far as the boundary seems to
 * be, by the linear approximation at the iterate, but grown by gamma at least. The paper has the estimate alone, which never
 * passes the boundary where the domain or rounding keeps iterates short of it. From then on it shrinks after a wrong iterate,
 * to the least change that was wrong at most, and grows after a right one. L0, which no linear approximation has, grows and
 * shrinks by one value at least.
 */
export function nextRadius(norm: Norm, radius: number, at: AtIterate): number {
  return max(min(norm === 'L0' ? nextCount(radius, at) : nextLength(radius, at), at.most), 0);
}

function nextLength(radius: number, { isWrong, size, margin, slope, best, gamma }: AtIterate): number {
  if (isWrong) return min(radius * (1 - gamma), best);
  const grown = radius * (1 + gamma);
  if (best < Infinity) return grown;
  const estimate = size + abs(margin) / max(slope, 1e-12);
  return radius < Infinity ? max(estimate, grown) : estimate;
}

function nextCount(radius: number, { isWrong, best, gamma }: AtIterate): number {
  if (isWrong) return min(radius - 1, floor(radius * (1 - gamma)), best);
  return max(radius + 1, floor(radius * (1 + gamma)));
}

/** The size of the largest change of an input that the domain allows. */
export function largestChange(norm: Norm, center: Float32Array, { low, high, immutable }: Box): number {
  const farthest = center.map((value, i) => {
    if (immutable.has(i)) return value;
    const [down, up] = [low[i] ?? NaN, high[i] ?? NaN];
    return value - down > up - value ? down : up;
  });
  return sizeIn(norm, normsOf(center, farthest));
}

/**
 * The dual norm of a gradient along what can be changed: how much the margin falls per unit of change. L0 has none.
 *
 * @param freedom 1 where a value can be changed, 0 where not
 */
export function dualNorm(norm: Norm, gradient: Float32Array, freedom: Float64Array): number {
  let sum = 0;
  switch (norm) {
    case 'Linf':
      for (let i = 0; i < gradient.length; i++) sum += abs(gradient[i] ?? NaN) * (freedom[i] ?? NaN);
      return sum;
    case 'L2':
      for (let i = 0; i < gradient.length; i++) sum += ((gradient[i] ?? NaN) * (freedom[i] ?? NaN)) ** 2;
      return sqrt(sum);
    case 'L1':
      for (let i = 0; i < gradient.length; i++) sum = max(sum, abs(gradient[i] ?? NaN) * (freedom[i] ?? NaN));
      return sum;
    case 'L0':
      return NaN;
  }
}
