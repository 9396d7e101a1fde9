import type { ImageDomain } from '#target/domain';
import { rasterOf } from './raster.js';
import type { SampleChange, Step } from './sample-change.js';

/**
 * Sets a square to the mean of the domain, which the model sees as zeros (DeVries & Taylor 2017, arXiv:1708.04552): its
 * middle is a uniform pixel, so that it may hang over the edge. The side is `size`, also where that is odd: there the
 * authors' code takes one pixel less.
 */
export function cutoutOf({ size }: Step<'cutout'>, domain: ImageDomain): SampleChange {
  const raster = rasterOf(domain);
  const { channels, height, width, channelStride, rowStride, columnStride, low, high } = raster;
  const means = Array.from({ length: channels }, (_, channel) =>
    Math.min(high, Math.max(low, domain.mean[channel] ?? domain.mean[0] ?? low)),
  );
  return (values, source) => {
    const top = source.integer(height) - Math.floor(size / 2);
    const left = source.integer(width) - Math.floor(size / 2);
    const endY = Math.min(height, top + size);
    const endX = Math.min(width, left + size);
    for (let channel = 0; channel < channels; channel++) {
      const mean = means[channel] ?? low;
      for (let y = Math.max(0, top); y < endY; y++) {
        const first = channel * channelStride + y * rowStride;
        for (let x = Math.max(0, left); x < endX; x++) values[first + x * columnStride] = mean;
      }
    }
  };
}
