import { sizeOf } from '#base/tensor';
import type { Features } from '#plugin/explainer';
import { channelAxis, type ImageDomain } from '#target/domain';

/** How the values of a picture lie in memory. */
export interface PictureShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Steps in memory from a channel, and from a pixel, to the next. */
  readonly channelStep: number;
  readonly pixelStep: number;
}

export function pictureShape(domain: ImageDomain): PictureShape {
  const first = channelAxis(domain) === 0;
  const [a = 1, b = 1, c = 1] = domain.shape;
  const [channels, height, width] = first ? [a, b, c] : [c, a, b];
  return first
    ? { channels, height, width, channelStep: height * width, pixelStep: 1 }
    : { channels, height, width, channelStep: 1, pixelStep: channels };
}

/**
 * Regions of a picture as features, each with all channels of its pixels.
 *
 * @param regions of each pixel, row by row: 0 to `count` - 1
 */
export function regionFeatures(domain: ImageDomain, regions: Int32Array, count: number): Features {
  const { channels, width, channelStep, pixelStep } = pictureShape(domain);
  const of = new Int32Array(sizeOf(domain.shape));
  for (let channel = 0; channel < channels; channel++) {
    for (let pixel = 0; pixel < regions.length; pixel++) {
      of[channel * channelStep + pixel * pixelStep] = regions[pixel] ?? -1;
    }
  }
  return { names: namesOf(regions, count, width), of };
}

/** With the middle of each region, for those who cannot see it. */
function namesOf(regions: Int32Array, count: number, width: number): string[] {
  const sums = Array.from({ length: count }, () => ({ pixels: 0, row: 0, column: 0 }));
  regions.forEach((region, pixel) => {
    const sum = sums[region];
    if (sum === undefined) return;
    sum.pixels++;
    sum.row += Math.floor(pixel / width);
    sum.column += pixel % width;
  });
  return sums.map(({ pixels, row, column }, i) => {
    return `region ${i} around row ${Math.round(row / pixels)}, column ${Math.round(column / pixels)}`;
  });
}
