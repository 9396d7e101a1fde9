import { Type } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { takeRows, type Tensor } from '#base/tensor';
import { isUsable } from '../geometry/ascent.js';
import { roundToward } from '../geometry/float32.js';
import { widthAt, type Box } from '../geometry/space.js';
import type { ClosestFound } from './closest.js';
import type { Rows } from './walk.js';

// Run for every value of every iterate: what is global is looked up once.
const { max, min, sqrt } = Math;

/** Of attacks that are defined for one norm. */
export const EuclideanNorm = Type.Unsafe<'L2'>({
  type: 'string',
  enum: ['L2'],
  default: 'L2',
  description: 'How the size of a change is measured: its Euclidean length.',
});

/** Rows that are written over at each step. */
export interface Iterates extends Rows {
  readonly inputs: Tensor;
}

/** The samples that there is something to find for, at their original inputs. */
export function iteratesOf(book: ClosestFound, originals: Tensor): Iterates {
  const positions = book.attacked;
  return { positions, inputs: takeRows(originals, positions) };
}

/** What attacks mean by 1 whose constants are for inputs in [0, 1]: the widest range of a value, in the units of the data. */
export function unitOf(box: Box): number {
  let unit = 0;
  for (let i = 0; i < box.low.length; i++) if (!box.immutable.has(i)) unit = max(unit, widthAt(box, i));
  return unit;
}

/** 1 for a value that can be changed, 0 for one that nobody can change. */
export function freedomIn({ low, immutable }: Box): Float64Array {
  return low.map((_, i) => (immutable.has(i) ? 0 : 1));
}

/** @throws AssayError `usage` for what is not between 0 and 1, both excluded */
export function requireShare(name: string, value: number): void {
  if (value > 0 && value < 1) return;
  throw new AssayError('usage', { what: `\`${name}\` is ${value}`, mend: 'It is above 0 and below 1.' });
}

/** @throws AssayError `usage` for what is not a finite number above 0 */
export function requirePositive(name: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw new AssayError('usage', { what: `\`${name}\` is ${value}`, mend: 'It is a finite number above 0.' });
}

/** Half a cosine from one value to another (Loshchilov & Hutter 2017, arXiv:1608.03983, eq. 5). @param step from 0 */
export function cosine(from: number, to: number, step: number, steps: number): number {
  return to + ((from - to) * (1 + Math.cos((Math.PI * step) / steps))) / 2;
}

/**
 * Writes the change from the center to a point, and a step of length `rate` along the gradient. A gradient that gives no
 * direction adds nothing.
 *
 * @param freedom 1 where a value can be changed, 0 where not
 */
export function stepFrom(
  center: Float32Array,
  point: Float32Array,
  gradient: Float32Array,
  rate: number,
  freedom: Float64Array,
  change: Float64Array,
): void {
  for (let i = 0; i < change.length; i++) change[i] = (point[i] ?? NaN) - (center[i] ?? NaN);
  if (!isUsable(gradient)) return;
  let squares = 0;
  for (let i = 0; i < change.length; i++) squares += ((gradient[i] ?? NaN) * (freedom[i] ?? NaN)) ** 2;
  if (squares === 0) return;
  const stride = rate / sqrt(squares);
  for (let i = 0; i < change.length; i++) {
    change[i] = (change[i] ?? NaN) + stride * (gradient[i] ?? NaN) * (freedom[i] ?? NaN);
  }
}

/** Writes center + change, clipped to the domain; a center outside of it is never moved further out. */
export function landAt(center: Float32Array, change: Float64Array, { low, high }: Box, point: Float32Array): void {
  for (let i = 0; i < point.length; i++) {
    const origin = center[i] ?? NaN;
    const value = origin + (change[i] ?? NaN);
    point[i] = roundToward(min(max(value, min(low[i] ?? NaN, origin)), max(high[i] ?? NaN, origin)), origin);
  }
}
