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
 * A gradient that gives no direction gives zeros; entries that are not numbers count as zero.
 */
export function steepestAscent(norm: Norm, gradient: Float32Array, canMove: CanMove = ALWAYS): Float64Array {
  switch (norm) {
    case 'Linf':
      return Float64Array.from(gradient, signOf);
    case 'L2':
      return normalized(gradient);
    case 'L1':
      return largestOnly(gradient, canMove);
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

function signOf(value: number): number {
  if (value > 0) return 1;
  return value < 0 ? -1 : 0;
}

function normalized(gradient: Float32Array): Float64Array {
  const direction = new Float64Array(gradient.length);
  let squares = 0;
  for (const value of gradient) squares += value * value;
  const length = Math.sqrt(squares);
  if (!(length > 0) || !Number.isFinite(length)) return direction;
  for (let i = 0; i < gradient.length; i++) direction[i] = (gradient[i] ?? 0) / length;
  return direction;
}

function largestOnly(gradient: Float32Array, canMove: CanMove): Float64Array {
  const direction = new Float64Array(gradient.length);
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
