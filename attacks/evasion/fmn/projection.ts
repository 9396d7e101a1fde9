import { kthLargest } from '../apgd/kth-largest.js';
import { projectOntoL1BallAndBox } from '../geometry/l1-projection.js';
import type { Norm } from '../geometry/norms.js';

// Projections run for every value of every iterate: what is global is looked up once.
const { abs, floor, max, min, sqrt } = Math;

/** Replaces a change by the nearest one within a radius, whatever the domain. */
export type ProjectChange = (change: Float64Array, radius: number) => void;

/**
 * The projections of Pintor et al. 2021 (arXiv:2102.12827, section 2): onto the ball alone; the domain follows.
 *
 * - Linf: each value is clipped
 * - L2: the change is rescaled
 * - L1: onto the simplex of sizes (Duchi et al. 2008)
 * - L0: the largest values stay, as many as the radius says; of equal ones the first
 */
export function projectionIn(norm: Norm, size: number): ProjectChange {
  switch (norm) {
    case 'Linf':
      return clipValues;
    case 'L2':
      return shorten;
    case 'L1': {
      const unbounded = new Float64Array(size).fill(Infinity);
      return (change, radius) => projectOntoL1BallAndBox(change, radius, unbounded, unbounded);
    }
    case 'L0': {
      const sizes = new Float64Array(size);
      return (change, radius) => keepLargest(change, floor(radius), sizes);
    }
  }
}

function clipValues(change: Float64Array, radius: number): void {
  for (let i = 0; i < change.length; i++) change[i] = min(max(change[i] ?? NaN, -radius), radius);
}

function shorten(change: Float64Array, radius: number): void {
  let squares = 0;
  for (let i = 0; i < change.length; i++) squares += (change[i] ?? NaN) ** 2;
  const length = sqrt(squares);
  if (!(length > radius)) return;
  const factor = radius / length;
  for (let i = 0; i < change.length; i++) change[i] = factor * (change[i] ?? NaN);
}

/** @param sizes written over */
function keepLargest(change: Float64Array, count: number, sizes: Float64Array): void {
  if (count >= change.length) return;
  if (count < 1) {
    change.fill(0);
    return;
  }
  for (let i = 0; i < change.length; i++) sizes[i] = abs(change[i] ?? NaN);
  const least = kthLargest(sizes, count);
  let equal = count;
  for (let i = 0; i < change.length; i++) if (abs(change[i] ?? NaN) > least) equal--;
  for (let i = 0; i < change.length; i++) {
    const own = abs(change[i] ?? NaN);
    if (own < least || (own === least && equal-- <= 0)) change[i] = 0;
  }
}
