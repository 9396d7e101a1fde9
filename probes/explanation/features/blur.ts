import type { Tensor } from '#base/tensor';
import type { ImageDomain } from '#target/domain';
import { pictureShape } from './picture.js';

/** The standard deviation of the blur as a share of the shorter side. */
const SHARE = 1 / 8;
/** Where the bell is cut off, in standard deviations. */
const REACH = 3;

/** A picture blurred by a Gaussian bell of an eighth of its shorter side; beyond its edges there is nothing, which weighs nothing. */
export function blurred(domain: ImageDomain, sample: Tensor): Tensor {
  const { channels, height, width, channelStep, pixelStep } = pictureShape(domain);
  const bell = bellOf(SHARE * Math.min(height, width));
  const data = Float64Array.from(sample.data);
  for (let channel = 0; channel < channels; channel++) {
    const start = channel * channelStep;
    for (let y = 0; y < height; y++) blurLine(data, start + y * width * pixelStep, pixelStep, width, bell);
    for (let x = 0; x < width; x++) blurLine(data, start + x * pixelStep, width * pixelStep, height, bell);
  }
  return { shape: sample.shape, data: Float32Array.from(data) };
}

/** Weights at distances 0, 1, ... */
function bellOf(sigma: number): Float64Array {
  const length = Math.floor(REACH * sigma) + 1;
  return Float64Array.from({ length }, (_, i) => Math.exp(-(i * i) / (2 * sigma * sigma)));
}

function blurLine(data: Float64Array, start: number, step: number, length: number, bell: Float64Array): void {
  const line = Float64Array.from({ length }, (_, i) => data[start + i * step] ?? NaN);
  const reach = bell.length - 1;
  for (let i = 0; i < length; i++) {
    let sum = 0;
    let weight = 0;
    for (let j = Math.max(0, i - reach); j <= Math.min(length - 1, i + reach); j++) {
      const share = bell[Math.abs(i - j)] ?? 0;
      sum += share * (line[j] ?? NaN);
      weight += share;
    }
    data[start + i * step] = sum / weight;
  }
}
