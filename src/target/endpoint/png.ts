import { PNG } from 'pngjs';
import type { ImageDomain } from '../domain.js';

const GREY = 0;
const RGB = 2;

/** A sample as a PNG of 8 bits a channel; the ends of the range are 0 and 255, and what lies between is rounded. */
export function pngOf(sample: Float32Array, { layout, shape, range: [low, high] }: ImageDomain): Buffer {
  const isFirst = layout === 'NCHW';
  const [channels = 1, height = 1, width = 1] = isFirst ? shape : [shape[2], shape[0], shape[1]];
  const pixels = height * width;
  const data = Buffer.alloc(pixels * channels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const value = sample[isFirst ? channel * pixels + pixel : pixel * channels + channel] ?? 0;
      data[pixel * channels + channel] = Math.round(Math.min(1, Math.max(0, (value - low) / (high - low))) * 255);
    }
  }
  const colorType = channels === 1 ? GREY : RGB;
  const picture = Object.assign(new PNG({ width, height }), { data });
  return PNG.sync.write(picture, { colorType, inputColorType: colorType, inputHasAlpha: false, bitDepth: 8 });
}
