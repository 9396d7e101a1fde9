import { zeros, type Tensor } from '#base/tensor';
import type { ImageDomain } from '#target/domain';
import type { Front, Surrogate } from './front.js';
import { planesOf, type Planes } from './planes.js';

export type Filter = 'median' | 'mean';

/**
 * Spatial smoothing (Xu, Evans & Qi 2018, arXiv:1704.01155, section 3.2): each value becomes the median, or the mean, of the
 * size x size window around it, in its own channel. Windows and edges are those of scipy.ndimage: an even window reaches one
 * further up and left, its median is the upper of the two in the middle, and an image is continued by its mirror image, the
 * edge included (`reflect`).
 *
 * The mean is linear and goes back by its transpose. The median goes back in two ways: by its own gradient, which is 1 at the
 * value that was selected, and by the transpose of the mean, which reaches all values that could be selected after a change.
 */
export function smoothing(domain: Pick<ImageDomain, 'shape' | 'layout'>, size: number, filter: Filter): Front {
  const planes = planesOf(domain);
  const windows = windowsOf(planes, size);
  const mean = meanOfWindows(domain, size);
  const selected: Surrogate = {
    name: 'the selected pixel',
    backward: (batch, gradient) => medianBackward(batch, gradient, planes, windows),
  };
  const name = `${filter === 'median' ? 'Median' : 'Mean'} smoothing by ${size} x ${size}`;
  if (filter === 'mean') return { name, apply: (batch) => meanOf(batch, planes, windows), surrogates: [mean] };
  return { name, apply: (batch) => medianOf(batch, planes, windows), surrogates: [selected, mean] };
}

/** Back through anything that keeps low frequencies: by the transpose of the mean of each window. */
export function meanOfWindows(domain: Pick<ImageDomain, 'shape' | 'layout'>, size: number): Surrogate {
  const planes = planesOf(domain);
  const windows = windowsOf(planes, size);
  return {
    name: `the mean of the ${size} x ${size} window`,
    backward: (_, gradient) => meanBackward(gradient, planes, windows),
  };
}

/** The pixels of each pixel's window, [pixels, size * size]. */
interface Windows {
  readonly pixels: Int32Array;
  readonly count: number;
}

function windowsOf({ height, width }: Planes, size: number): Windows {
  const count = size * size;
  const pixels = new Int32Array(height * width * count);
  const before = Math.floor(size / 2);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let i = 0; i < count; i++) {
        const row = mirrored(y - before + Math.floor(i / size), height);
        pixels[at++] = row * width + mirrored(x - before + (i % size), width);
      }
    }
  }
  return { pixels, count };
}

/** d c b a | a b c d | d c b a */
function mirrored(position: number, length: number): number {
  const period = 2 * length;
  const within = ((position % period) + period) % period;
  return within < length ? within : period - 1 - within;
}

/** Where the value lies that is the median of each window: visited once a value of the batch. */
function eachMedian(
  { data }: Tensor,
  planes: Planes,
  { pixels, count }: Windows,
  visit: (to: number, from: number) => void,
): void {
  const { height, width, channels, channelStep, pixelStep } = planes;
  const size = height * width;
  const middle = Math.floor(count / 2);
  const sorted = new Int32Array(count);
  for (let start = 0; start < data.length; start += size * channels) {
    for (let channel = 0; channel < channels; channel++) {
      const base = start + channel * channelStep;
      for (let pixel = 0; pixel < size; pixel++) {
        for (let i = 0; i < count; i++) {
          const place = base + (pixels[pixel * count + i] ?? 0) * pixelStep;
          const value = data[place] ?? NaN;
          let at = i;
          for (; at > 0 && (data[sorted[at - 1] ?? 0] ?? NaN) > value; at--) sorted[at] = sorted[at - 1] ?? 0;
          sorted[at] = place;
        }
        visit(base + pixel * pixelStep, sorted[middle] ?? 0);
      }
    }
  }
}

function medianOf(batch: Tensor, planes: Planes, windows: Windows): Tensor {
  const { data } = batch;
  const smooth = zeros(batch.shape);
  eachMedian(batch, planes, windows, (to, from) => (smooth.data[to] = data[from] ?? NaN));
  return smooth;
}

function medianBackward(batch: Tensor, { data }: Tensor, planes: Planes, windows: Windows): Tensor {
  const back = zeros(batch.shape);
  const into = back.data;
  eachMedian(batch, planes, windows, (to, from) => (into[from] = (into[from] ?? NaN) + (data[to] ?? NaN)));
  return back;
}

function meanOf({ shape, data }: Tensor, planes: Planes, { pixels, count }: Windows): Tensor {
  const smooth = zeros(shape);
  eachPixel(data.length, planes, (base, pixel, step) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += data[base + (pixels[pixel * count + i] ?? 0) * step] ?? NaN;
    smooth.data[base + pixel * step] = sum / count;
  });
  return smooth;
}

function meanBackward({ shape, data }: Tensor, planes: Planes, { pixels, count }: Windows): Tensor {
  const back = zeros(shape);
  const into = back.data;
  eachPixel(data.length, planes, (base, pixel, step) => {
    const share = (data[base + pixel * step] ?? NaN) / count;
    for (let i = 0; i < count; i++) {
      const place = base + (pixels[pixel * count + i] ?? 0) * step;
      into[place] = (into[place] ?? NaN) + share;
    }
  });
  return back;
}

function eachPixel(
  length: number,
  { height, width, channels, channelStep, pixelStep }: Planes,
  visit: (base: number, pixel: number, step: number) => void,
): void {
  const size = height * width;
  for (let start = 0; start < length; start += size * channels) {
    for (let channel = 0; channel < channels; channel++) {
      for (let pixel = 0; pixel < size; pixel++) visit(start + channel * channelStep, pixel, pixelStep);
    }
  }
}
