import type { Raster } from './raster.js';

/**
 * Where each pixel comes from: (a x + b y + c, d x + e y + f), in pixels from the upper left corner of the image, which is
 * half a pixel from the middle of its first one.
 */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/**
 * Moves an image, bilinear. Sources that lie in the outer half pixel take the edge's value, and those outside of the image
 * `fill`: what Pillow's `transform` does, and so the code of AugMix's authors.
 */
export function warp(from: Float32Array, raster: Raster, affine: Affine, fill: number, into: Float32Array): void {
  const { channels, height, width, channelStride, rowStride, columnStride } = raster;
  const [a, b, c, d, e, f] = affine;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sourceX = a * (x + 0.5) + b * (y + 0.5) + c;
      const sourceY = d * (x + 0.5) + e * (y + 0.5) + f;
      const place = y * rowStride + x * columnStride;
      if (sourceX < 0 || sourceX >= width || sourceY < 0 || sourceY >= height) {
        for (let channel = 0; channel < channels; channel++) into[place + channel * channelStride] = fill;
        continue;
      }
      const column = Math.floor(sourceX - 0.5);
      const row = Math.floor(sourceY - 0.5);
      const right = sourceX - 0.5 - column;
      const down = sourceY - 0.5 - row;
      const upper = Math.max(row, 0) * rowStride;
      const lower = Math.min(row + 1, height - 1) * rowStride;
      const near = Math.max(column, 0) * columnStride;
      const far = Math.min(column + 1, width - 1) * columnStride;
      for (let channel = 0; channel < channels; channel++) {
        const first = channel * channelStride;
        const upperNear = from[first + upper + near] ?? NaN;
        const lowerNear = from[first + lower + near] ?? NaN;
        const above = upperNear + right * ((from[first + upper + far] ?? NaN) - upperNear);
        const below = lowerNear + right * ((from[first + lower + far] ?? NaN) - lowerNear);
        into[place + first] = above + down * (below - above);
      }
    }
  }
}

/** Turns an image counter-clockwise around its middle. */
export function turn({ width, height }: Raster, degrees: number): Affine {
  const angle = (degrees * Math.PI) / 180;
  const cos = withoutRounding(Math.cos(angle));
  const sin = withoutRounding(Math.sin(angle));
  const x = width / 2;
  const y = height / 2;
  return [cos, -sin, x - cos * x + sin * y, sin, cos, y - sin * x - cos * y];
}

/** So that a quarter turn moves pixels onto pixels. */
function withoutRounding(value: number): number {
  return Math.round(value * 1e15) / 1e15;
}
