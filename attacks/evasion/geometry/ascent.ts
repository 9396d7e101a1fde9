import type { Norm } from './norms.js';

/** Whether a value of the input can still move in a direction. */
export type CanMove = (index: number, direction: number) => boolean;

const ALWAYS: CanMove = () => true;

// Loops over every value of every iterate: what is global is looked up once, and typed arrays are walked by index.
const { abs, sqrt } = Math;
const { isFinite } = Number;

/**
 * The direction of unit length in a norm along which the loss rises fastest:
 * - Linf: sign(g), with sign(0) = 0
 * - L2: g / |g|_2
 * - L1: all on the largest |g|, in equal parts where several are largest; only values that can move count
 * - L0, whose ball has no length: as for L2
 *
 * A gradient that gives no direction gives zeros; entries that are not numbers count as zero.
 */
export function steepestAscent(norm: Norm, gradient: Float32Array, canMove: CanMove = ALWAYS): Float64Array {
  switch (norm) {
    case 'Linf':
      return signs(gradient);
    case 'L2':
    case 'L0':
      return normalized(gradient);
    case 'L1':
      return largestOnly(gradient, canMove);
  }
}

/** Whether a gradient gives a direction: all of it finite, and not all of it zero. */
export function isUsable(gradient: Float32Array): boolean {
  let any = false;
  for (let i = 0; i < gradient.length; i++) {
    const value = gradient[i] ?? 0;
    if (!isFinite(value)) return false;
    any ||= value !== 0;
  }
  return any;
}

function signs(gradient: Float32Array): Float64Array {
  const direction = new Float64Array(gradient.length);
  for (let i = 0; i < gradient.length; i++) direction[i] = signOf(gradient[i] ?? 0);
  return direction;
}

function signOf(value: number): number {
  if (value > 0) return 1;
  return value < 0 ? -1 : 0;
}

function normalized(gradient: Float32Array): Float64Array {
  const direction = new Float64Array(gradient.length);
  const length = lengthOf(gradient);
  if (length === 0) return direction;
  for (let i = 0; i < gradient.length; i++) direction[i] = (gradient[i] ?? 0) / length;
  return direction;
}

/** The L2 norm of a gradient; 0 where it gives no direction. */
function lengthOf(gradient: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < gradient.length; i++) squares += (gradient[i] ?? 0) ** 2;
  return isFinite(squares) ? sqrt(squares) : 0;
}

function largestOnly(gradient: Float32Array, canMove: CanMove): Float64Array {
  const direction = new Float64Array(gradient.length);
  let most = 0;
  let chosen: number[] = [];
  for (let i = 0; i < gradient.length; i++) {
    const value = gradient[i] ?? 0;
    const size = abs(value);
    if (size === 0 || !(size >= most) || !canMove(i, signOf(value))) continue;
    if (size > most) chosen = [];
    most = size;
    chosen.push(i);
  }
  for (const i of chosen) direction[i] = signOf(gradient[i] ?? 0) / chosen.length;
  return direction;
}
