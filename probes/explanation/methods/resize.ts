import type { Attributions } from './attributions.js';

/**
 * Maps at another resolution, by bilinear interpolation between the centres of their cells: the centre of output cell i of m
 * lies at (i + 0.5) n / m - 0.5 of n cells, as where corners of pictures and not of their outer cells are aligned; what
 * lies beyond the outer centres has the value of the nearest.
 *
 * @param maps [n, height, width]
 */
export function resized({ shape, values }: Attributions, height: number, width: number): Attributions {
  const [n = 0, fromHeight = 1, fromWidth = 1] = shape;
  const rows = weightsOf(fromHeight, height);
  const columns = weightsOf(fromWidth, width);
  const result = new Float64Array(n * height * width);
  for (let i = 0, at = 0; i < n; i++) {
    const offset = i * fromHeight * fromWidth;
    for (let y = 0; y < height; y++) {
      const down = rows.share[y] ?? NaN;
      const upper = offset + (rows.before[y] ?? 0) * fromWidth;
      const lower = offset + (rows.after[y] ?? 0) * fromWidth;
      for (let x = 0; x < width; x++, at++) {
        const [left, right, share] = [columns.before[x] ?? 0, columns.after[x] ?? 0, columns.share[x] ?? NaN];
        const above = mix(values[upper + left] ?? NaN, values[upper + right] ?? NaN, share);
        const below = mix(values[lower + left] ?? NaN, values[lower + right] ?? NaN, share);
        result[at] = mix(above, below, down);
      }
    }
  }
  return { shape: [n, height, width], values: result };
}

/** For each output cell the two input cells beside it, and the share of the second. */
interface Neighbours {
  readonly before: Int32Array;
  readonly after: Int32Array;
  readonly share: Float64Array;
}

function weightsOf(from: number, to: number): Neighbours {
  const before = new Int32Array(to);
  const after = new Int32Array(to);
  const share = new Float64Array(to);
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    before[i] = Math.floor(at);
    after[i] = Math.min(Math.floor(at) + 1, from - 1);
    share[i] = at - Math.floor(at);
  }
  return { before, after, share };
}

function mix(a: number, b: number, share: number): number {
  return a + share * (b - a);
}
