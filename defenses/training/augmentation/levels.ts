import type { Raster } from './raster.js';

// Images as levels from 0 to 255, not all of them whole: where an operation is defined on bytes, the nearest one decides.

export const LEVELS = 256;
const HIGHEST = LEVELS - 1;

/** Stretches each channel so that its darkest level becomes 0 and its brightest 255, as Pillow's `autocontrast`. */
export function autocontrast(levels: Float32Array, raster: Raster): void {
  for (let channel = 0; channel < raster.channels; channel++) {
    const { least, most } = extremes(levels, raster, channel);
    if (most <= least) continue;
    const factor = HIGHEST / (most - least);
    eachRow(raster, channel, (start, end, stride) => {
      for (let at = start; at < end; at += stride) {
        levels[at] = Math.min(HIGHEST, Math.max(0, ((levels[at] ?? NaN) - least) * factor));
      }
    });
  }
}

/** Moves the levels of each channel so that all are as frequent, as Pillow's `equalize`. */
export function equalize(levels: Float32Array, raster: Raster): void {
  for (let channel = 0; channel < raster.channels; channel++) {
    const moved = equalized(histogram(levels, raster, channel));
    if (moved === null) continue;
    eachRow(raster, channel, (start, end, stride) => {
      for (let at = start; at < end; at += stride) levels[at] = moved[Math.round(levels[at] ?? NaN)] ?? NaN;
    });
  }
}

/** Keeps the upper bits of each level. */
export function posterize(levels: Float32Array, bits: number): void {
  const mask = LEVELS - 2 ** (8 - bits);
  for (let i = 0; i < levels.length; i++) levels[i] = Math.round(levels[i] ?? NaN) & mask;
}

/** Inverts all levels from the threshold on. */
export function solarize(levels: Float32Array, threshold: number): void {
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i] ?? NaN;
    levels[i] = Math.round(level) < threshold ? level : HIGHEST - level;
  }
}

/** What each byte becomes: the frequency of all below it and half a step, in steps of a 255th; null where nothing moves. */
function equalized(counts: Int32Array): Float32Array | null {
  const occurring = counts.filter((count) => count > 0);
  const sum = occurring.reduce((total, count) => total + count, 0);
  const step = Math.floor((sum - (occurring.at(-1) ?? 0)) / HIGHEST);
  if (occurring.length <= 1 || step === 0) return null;
  const moved = new Float32Array(LEVELS);
  let below = Math.floor(step / 2);
  for (let level = 0; level < LEVELS; level++) {
    moved[level] = Math.min(HIGHEST, Math.floor(below / step));
    below += counts[level] ?? 0;
  }
  return moved;
}

function histogram(levels: Float32Array, raster: Raster, channel: number): Int32Array {
  const counts = new Int32Array(LEVELS);
  eachRow(raster, channel, (start, end, stride) => {
    for (let at = start; at < end; at += stride) {
      const level = Math.round(levels[at] ?? NaN);
      counts[level] = (counts[level] ?? 0) + 1;
    }
  });
  return counts;
}

/** Of a channel, as bytes. */
function extremes(levels: Float32Array, raster: Raster, channel: number): { least: number; most: number } {
  let least = Infinity;
  let most = -Infinity;
  eachRow(raster, channel, (start, end, stride) => {
    for (let at = start; at < end; at += stride) {
      least = Math.min(least, levels[at] ?? NaN);
      most = Math.max(most, levels[at] ?? NaN);
    }
  });
  return { least: Math.round(least), most: Math.round(most) };
}

type Run = (start: number, end: number, stride: number) => void;

/** The places of one row of a channel after the other: from start to before the end, by strides. */
function eachRow(raster: Raster, channel: number, visit: Run): void {
  const { height, width, channelStride, rowStride, columnStride } = raster;
  for (let y = 0; y < height; y++) {
    const start = channel * channelStride + y * rowStride;
    visit(start, start + width * columnStride, columnStride);
  }
}
