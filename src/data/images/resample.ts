import type { Picture } from './picture.js';

/** By Pillow's names (`PIL.Image.Resampling`). */
export type Interpolation = 'nearest' | 'lanczos' | 'bilinear' | 'bicubic' | 'box' | 'hamming';

interface Filter {
  /** Beyond this distance from its center, in pixels, the filter is zero. */
  readonly support: number;
  weight(distance: number): number;
}

const { abs, ceil, cos, floor, max, min, PI, sin, trunc } = Math;

/** Pillow keeps weights of 8-bit pictures in this many bits behind the point: 32 less 8 for a pixel and 2 for the sum. */
const PRECISION_BITS = 32 - 8 - 2;
const ONE = 2 ** PRECISION_BITS;

const FILTERS: Readonly<Record<Exclude<Interpolation, 'nearest'>, Filter>> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => max(0, 1 - abs(x)) },
  hamming: { support: 1, weight: hamming },
  bicubic: { support: 2, weight: bicubic },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/**
 * Resizes a picture as Pillow's `Image.resize` does, to the bit: weights of a filter that is stretched when shrinking
 * (antialiasing), in fixed point, rows first and then columns, each rounded to a byte (libImaging/Resample.c).
 */
export function resample(picture: Picture, width: number, height: number, interpolation: Interpolation): Picture {
  if (width === picture.width && height === picture.height) return picture;
  if (interpolation === 'nearest') return nearest(picture, width, height);
  const filter = FILTERS[interpolation];
  const wide = width === picture.width ? picture : acrossRows(picture, width, filter);
  return height === picture.height ? wide : downColumns(wide, height, filter);
}

/** The weights of every output pixel along one axis. */
interface Kernel {
  /** The first input pixel of each output pixel, and how many there are. */
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** `size` weights for each output pixel, in fixed point. */
  readonly weights: Float64Array;
  readonly size: number;
}

function kernelOf(from: number, to: number, filter: Filter): Kernel {
  const scale = from / to;
  const stretch = max(scale, 1);
  const support = filter.support * stretch;
  const size = ceil(support) * 2 + 1;
  const kernel = { starts: new Int32Array(to), counts: new Int32Array(to), weights: new Float64Array(to * size), size };
  for (let out = 0; out < to; out++) {
    const center = (out + 0.5) * scale;
    const start = max(0, trunc(center - support + 0.5));
    const count = min(from, trunc(center + support + 0.5)) - start;
    kernel.starts[out] = start;
    kernel.counts[out] = count;
    const weights = kernel.weights.subarray(out * size, out * size + count);
    for (let i = 0; i < count; i++) weights[i] = filter.weight((i + start - center + 0.5) * (1 / stretch));
    normalize(weights);
  }
  return kernel;
}

/** To a sum of one, then to the nearest number of fixed point, halves away from zero. */
function normalize(weights: Float64Array): void {
  let sum = 0;
  for (const weight of weights) sum += weight;
  for (let i = 0; i < weights.length; i++) {
    const share = sum === 0 ? (weights[i] ?? 0) : (weights[i] ?? 0) / sum;
    weights[i] = trunc(share * ONE + (share < 0 ? -0.5 : 0.5));
  }
}

function acrossRows({ width: from, height, channels, data }: Picture, width: number, filter: Filter): Picture {
  const { starts, counts, weights, size } = kernelOf(from, width, filter);
  const out = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const first = (y * from + (starts[x] ?? 0)) * channels;
      for (let channel = 0; channel < channels; channel++) {
        let sum = ONE / 2;
        for (let i = 0; i < (counts[x] ?? 0); i++) {
          sum += (data[first + i * channels + channel] ?? 0) * (weights[x * size + i] ?? 0);
        }
        out[(y * width + x) * channels + channel] = toByte(sum);
      }
    }
  }
  return { width, height, channels, data: out };
}

function downColumns({ width, height: from, channels, data }: Picture, height: number, filter: Filter): Picture {
  const { starts, counts, weights, size } = kernelOf(from, height, filter);
  const line = width * channels;
  const out = new Uint8Array(line * height);
  for (let y = 0; y < height; y++) {
    const first = (starts[y] ?? 0) * line;
    for (let x = 0; x < line; x++) {
      let sum = ONE / 2;
      for (let i = 0; i < (counts[y] ?? 0); i++) {
        sum += (data[first + i * line + x] ?? 0) * (weights[y * size + i] ?? 0);
      }
      out[y * line + x] = toByte(sum);
    }
  }
  return { width, height, channels, data: out };
}

function toByte(sum: number): number {
  return max(0, min(255, floor(sum / ONE)));
}

/** Pillow adds the step up instead of multiplying it, and so does this: at ties the rounding decides. */
function nearest({ width: from, height: fromHeight, channels, data }: Picture, width: number, height: number): Picture {
  const columns = nearestSources(from, width);
  const rows = nearestSources(fromHeight, height);
  const out = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const source = ((rows[y] ?? 0) * from + (columns[x] ?? 0)) * channels;
      for (let channel = 0; channel < channels; channel++) {
        out[(y * width + x) * channels + channel] = data[source + channel] ?? 0;
      }
    }
  }
  return { width, height, channels, data: out };
}

function nearestSources(from: number, to: number): Int32Array {
  const step = from / to;
  let at = step * 0.5;
  return new Int32Array(to).map(() => {
    const source = trunc(at);
    at += step;
    return source;
  });
}

function hamming(distance: number): number {
  const x = abs(distance);
  if (x === 0) return 1;
  return x >= 1 ? 0 : (sin(x * PI) / (x * PI)) * (0.54 + 0.46 * cos(x * PI));
}

/** Keys 1981, "Cubic convolution interpolation for digital image processing", with a = -0.5. */
function bicubic(distance: number): number {
  const a = -0.5;
  const x = abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : sin(x * PI) / (x * PI);
}
