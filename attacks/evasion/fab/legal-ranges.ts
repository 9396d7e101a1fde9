import { row, type Tensor } from '#base/tensor';
import { roundDown, roundUp } from '../geometry/float32.js';
import type { Box } from '../geometry/space.js';
import type { Bounds } from './hyperplane.js';

const { max, min } = Math;

/**
 * The float32 values that each sample may take. An original that lies outside of the box may stay where it is, and what
 * nobody can change has no room; the others share one range.
 */
export function legalRanges(originals: Tensor, box: Box): (position: number) => Bounds {
  const shared = { low: Float32Array.from(box.low, roundUp), high: Float32Array.from(box.high, roundDown) };
  const known = new Map<number, Bounds>();
  return (position) => {
    const range = known.get(position) ?? rangeOf(row(originals, position), shared, box.immutable);
    known.set(position, range);
    return range;
  };
}

function rangeOf(original: Float32Array, shared: Bounds, immutable: ReadonlySet<number>): Bounds {
  if (immutable.size === 0 && isWithin(original, shared)) return shared;
  const held = (bounds: Float32Array, outer: (a: number, b: number) => number) =>
    original.map((value, i) => (immutable.has(i) ? value : outer(bounds[i] ?? NaN, value)));
  return { low: held(shared.low, min), high: held(shared.high, max) };
}

function isWithin(point: Float32Array, { low, high }: Bounds): boolean {
  return point.every((value, i) => value >= (low[i] ?? NaN) && value <= (high[i] ?? NaN));
}
