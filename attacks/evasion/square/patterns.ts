import type { Extent } from './grid.js';

const { abs, floor, max, sqrt } = Math;

export type MassNorm = 'L2' | 'L1';

/** How fast the rings of a bump fall off: 1 / k^2 in the paper, 1 / k^4 where changes are to be sparse. */
const FALL_OFF = { L2: 2, L1: 4 } as const;

/**
 * What a window is filled with, row by row, of size 1 in the norm: a bump and a bump below zero, side by side
 * (Andriushchenko et al. 2020, equation 2 and figure 3). An even side is split in the middle, an odd one leaves the
 * second half longer; a window of one row that is split across is one bump below zero.
 *
 * @param isTurned whether the halves lie beside each other, not one above the other
 */
export function patternOf(norm: MassNorm, { height, width }: Extent, isTurned: boolean): Float64Array {
  return isTurned ? turned(twoBumps(norm, width, height), width, height) : twoBumps(norm, height, width);
}

/** The patterns of each extent, made once. */
export function patternsOf(norm: MassNorm): (extent: Extent, isTurned: boolean) => Float64Array {
  const known = { upright: new Map<number, Float64Array>(), turned: new Map<number, Float64Array>() };
  return (extent, isTurned) => {
    const patterns = isTurned ? known.turned : known.upright;
    const key = extent.height * 2 ** 26 + extent.width;
    const pattern = patterns.get(key) ?? patternOf(norm, extent, isTurned);
    patterns.set(key, pattern);
    return pattern;
  };
}

function twoBumps(norm: MassNorm, height: number, width: number): Float64Array {
  const half = floor(height / 2);
  const pattern = new Float64Array(height * width);
  pattern.set(bump(norm, half, width));
  pattern.set(
    bump(norm, height - half, width).map((value) => -value),
    half * width,
  );
  return normalized(norm, pattern);
}

/** Rings around the middle, each the sum of 1 / k^2 (or 1 / k^4) from its own number up to that of the outermost. */
function bump(norm: MassNorm, height: number, width: number): Float64Array {
  const [middleRow, middleColumn] = [floor(height / 2), floor(width / 2)];
  const rings = new Float64Array(max(middleRow, middleColumn) + 2);
  for (let k = rings.length - 2; k >= 0; k--) rings[k] = (rings[k + 1] ?? 0) + (k + 1) ** -FALL_OFF[norm];
  const values = new Float64Array(height * width);
  for (let i = 0; i < values.length; i++) {
    values[i] = rings[max(abs(floor(i / width) - middleRow), abs((i % width) - middleColumn))] ?? 0;
  }
  return normalized(norm, values);
}

function normalized(norm: MassNorm, values: Float64Array): Float64Array {
  const size =
    norm === 'L2'
      ? sqrt(values.reduce((sum, value) => sum + value * value, 0))
      : values.reduce((sum, value) => sum + abs(value), 0);
  return values.map((value) => value / size);
}

function turned(values: Float64Array, height: number, width: number): Float64Array {
  return values.map((_, i) => values[(i % height) * width + floor(i / height)] ?? 0);
}
