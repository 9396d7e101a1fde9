import type { Norm } from './norms.js';

/** Whether a value of the input can still move in a direction. */
export type CanMove = (index: number, direction: number) => boolean;

const ALWAYS: CanMove = () => true;

/**
 * The direction of unit length in a norm along which the loss rises fastest:
 * - Linf: sign(g), with sign(0) = 0
 * - L2: g / |g|_2
 * - L1: all on the largest |g|, in equal parts where several are largest; only values that can move count
 *
 * A gradient that gives no direction gives zeros; entries that are not numbers count as zero. Written into `into`,
 * which every step of an attack uses again.
 */
export function steepestAscent(
  norm: Norm,
  gradient: Float32Array,
  into: Float64Array,
  canMove: CanMove = ALWAYS,
): Float64Array {
  switch (norm) {
    case 'Linf':
      return signs(gradient, into);
    case 'L2':
      return normalized(gradient, into);
    case 'L1':
      return largestOnly(gradient, into, canMove);
  }
}

/** No entry but zero, or an entry that is not a number: nothing to follow. */
export function isUsable(gradient: Float32Array): boolean {
  let any = false;
  for (const value of gradient) {
    if (!Number.isFinite(value)) return false;
    any ||= value !== 0;
  }
  return any;
}

function signs(gradient: Float32Array, direction: Float64Array): Float64Array {
  for (let i = 0; i < gradient.length; i++) {
    const value = gradient[i] ?? 0;
    direction[i] = value > 0 ? 1 : value < 0 ? -1 : 0;
  }
  return direction;
}

function normalized(gradient: Float32Array, direction: Float64Array): Float64Array {
  let squares = 0;
  for (const value of gradient) squares += value * value;
  const length = Math.sqrt(squares);
  if (!(length > 0) || !Number.isFinite(length)) return direction.fill(0);
  for (let i = 0; i < gradient.length; i++) direction[i] = (gradient[i] ?? 0) / length;
  return direction;
}

function largestOnly(gradient: Float32Array, direction: Float64Array, canMove: CanMove): Float64Array {
  direction.fill(0);
  let most = 0;
  let chosen: number[] = [];
  for (let i = 0; i < gradient.length; i++) {
    const value = gradient[i] ?? 0;
    const size = Math.abs(value);
    if (!(size >= most) || size === 0 || !canMove(i, Math.sign(value))) continue;
    if (size > most) chosen = [];
    most = size;
    chosen.push(i);
  }
  for (const i of chosen) direction[i] = Math.sign(gradient[i] ?? 0) / chosen.length;
  return direction;
}
