import type { Raster } from './raster.js';
import type { SampleChange, Step } from './sample-change.js';

/** Mirrors an image left to right with the probability of the step (Krizhevsky, Sutskever & Hinton 2012, section 4.1). */
export function flipOf({ probability }: Step<'flip'>, raster: Raster): SampleChange {
  return (values, source) => {
    if (source.uniform() < probability) mirror(values, raster);
  };
}

function mirror(values: Float32Array, raster: Raster): void {
  const { channels, height, width, channelStride, rowStride, columnStride } = raster;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      let left = channel * channelStride + y * rowStride;
      let right = left + (width - 1) * columnStride;
      for (; left < right; left += columnStride, right -= columnStride) {
        const value = values[left] ?? NaN;
        values[left] = values[right] ?? NaN;
        values[right] = value;
      }
    }
  }
}
