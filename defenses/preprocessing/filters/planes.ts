import { AssayError } from '#base/errors';
import type { ImageDomain } from '#target/domain';

/** Where the values of one image lie: that of a channel at a pixel, counted row by row, is at c * channelStep + pixel * pixelStep. */
export interface Planes {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly channelStep: number;
  readonly pixelStep: number;
}

/** @throws AssayError `plugin` for a shape of other than three axes */
export function planesOf({ shape, layout }: Pick<ImageDomain, 'shape' | 'layout'>): Planes {
  const [height, width, channels] = layout === 'NHWC' ? shape : [shape[1], shape[2], shape[0]];
  if (shape.length !== 3 || height === undefined || width === undefined || channels === undefined) {
    throw new AssayError('plugin', { what: `an image of the shape [${shape.join(', ')}] has not three axes` });
  }
  const steps =
    layout === 'NHWC' ? { channelStep: 1, pixelStep: channels } : { channelStep: height * width, pixelStep: 1 };
  return { height, width, channels, ...steps };
}
