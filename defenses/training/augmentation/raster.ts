import { sizeOf } from '#base/tensor';
import type { ImageDomain } from '#target/domain';

/** How the values of one image lie in memory, whatever its layout: a value is at c channelStride + y rowStride + x columnStride. */
export interface Raster {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly channelStride: number;
  readonly rowStride: number;
  readonly columnStride: number;
  /** How many values an image has. */
  readonly size: number;
  /** Lowest and highest legal value. */
  readonly low: number;
  readonly high: number;
}

export function rasterOf({ shape, layout, range: [low, high] }: ImageDomain): Raster {
  const size = sizeOf(shape);
  if (layout === 'NCHW') {
    const [channels = 0, height = 0, width = 0] = shape;
    const strides = { channelStride: height * width, rowStride: width, columnStride: 1 };
    return { channels, height, width, ...strides, size, low, high };
  }
  const [height = 0, width = 0, channels = 0] = shape;
  const strides = { channelStride: 1, rowStride: width * channels, columnStride: channels };
  return { channels, height, width, ...strides, size, low, high };
}

/** Where the values lie, channel by channel and row by row: an order that does not depend on the layout. */
export function placesOf(raster: Raster): Int32Array {
  const { channels, height, width, channelStride, rowStride, columnStride } = raster;
  const places = new Int32Array(raster.size);
  let next = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      const first = channel * channelStride + y * rowStride;
      for (let x = 0; x < width; x++) places[next++] = first + x * columnStride;
    }
  }
  return places;
}
