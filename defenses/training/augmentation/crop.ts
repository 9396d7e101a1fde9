import type { Raster } from './raster.js';
import type { SampleChange, Step } from './sample-change.js';

/**
 * Pads an image with the lowest value by `padding` pixels on each side and cuts the original size out at a uniform place,
 * down before right (Krizhevsky & Hinton 2010; as He et al. 2016, arXiv:1512.03385, section 4.2, train on CIFAR-10).
 */
export function cropOf({ padding }: Step<'crop'>, raster: Raster): SampleChange {
  const whole = new Float32Array(raster.size);
  return (values, source) => {
    const down = source.integer(2 * padding + 1) - padding;
    const right = source.integer(2 * padding + 1) - padding;
    if (down === 0 && right === 0) return;
    whole.set(values);
    shifted(whole, raster, down, right, values);
  };
}

/** The image whose pixel (y, x) is that of (y + down, x + right), and the lowest value where there is none. */
function shifted(from: Float32Array, raster: Raster, down: number, right: number, into: Float32Array): void {
  const { channels, height, width, channelStride, rowStride, columnStride, low } = raster;
  const firstX = Math.max(0, -right);
  const endX = Math.min(width, width - right);
  const offset = down * rowStride + right * columnStride;
  into.fill(low);
  for (let y = Math.max(0, -down); y < Math.min(height, height - down); y++) {
    for (let x = firstX; x < endX; x++) {
      const place = y * rowStride + x * columnStride;
      for (let channel = 0; channel < channels; channel++) {
        const at = place + channel * channelStride;
        into[at] = from[at + offset] ?? NaN;
      }
    }
  }
}
