import { AssayError } from '#base/errors';
import type { Layout } from '#target/domain';
import { MAX_PIXELS, type Channels, type Picture } from './picture.js';
import { resample, type Interpolation } from './resample.js';

export type ChannelOrder = 'RGB' | 'BGR' | 'gray';

export interface Size {
  readonly height: number;
  readonly width: number;
}

/** To a size, or so that the shorter edge has a length and the proportions stay. */
export type Resize = ({ readonly kind: 'exact' } & Size) | { readonly kind: 'shortest-edge'; readonly edge: number };

/** What is done to a picture once, before the domain begins. */
export interface PictureSteps {
  readonly resize: Resize | null;
  readonly interpolation: Interpolation;
  /** Cut out of the middle after resizing. */
  readonly crop: Size | null;
  readonly channels: ChannelOrder;
  /** Whether a JPEG is turned as its Exif data say. */
  readonly orient: boolean;
}

export const AS_STORED: PictureSteps = {
  resize: null,
  interpolation: 'bilinear',
  crop: null,
  channels: 'RGB',
  orient: false,
};

export function channelsOf(order: ChannelOrder): Channels {
  return order === 'gray' ? 1 : 3;
}

/** The picture resized and cropped. @throws AssayError `data` where that makes a picture of too many pixels */
export function fitted(picture: Picture, { resize, interpolation, crop }: PictureSteps, where: string): Picture {
  const { height, width } = resize === null ? picture : resizedTo(picture, resize);
  if (height * width > MAX_PIXELS) {
    throw new AssayError('data', {
      where,
      what: `resized, the picture would be ${width} x ${height} pixels, more than the ${MAX_PIXELS} that are kept`,
      mend: 'Its sides are too unequal: crop it first, or resize to an exact size.',
    });
  }
  const resized = resample(picture, width, height, interpolation);
  return crop === null ? resized : centerCrop(resized, crop);
}

/** Of the shorter edge as torchvision and transformers have it: the longer one is cut to a whole number, never below 1. */
export function resizedTo({ width, height }: Size, resize: Resize): Size {
  if (resize.kind === 'exact') return resize;
  const { edge } = resize;
  const long = Math.max(1, Math.trunc((edge * Math.max(width, height)) / Math.min(width, height)));
  return width <= height ? { width: edge, height: long } : { width: long, height: edge };
}

/**
 * The middle of a picture, as transformers' `center_crop` cuts it: odd rests are rounded down, and where the picture is
 * smaller it is framed in zeros.
 */
export function centerCrop(picture: Picture, { height, width }: Size): Picture {
  const { channels } = picture;
  const top = cropStart(picture.height, height);
  const left = cropStart(picture.width, width);
  const data = new Uint8Array(height * width * channels);
  for (let y = Math.max(0, -top); y < height && y + top < picture.height; y++) {
    const from = Math.max(0, left);
    const to = Math.min(picture.width, left + width);
    const start = (y + top) * picture.width;
    data.set(
      picture.data.subarray((start + from) * channels, (start + to) * channels),
      (y * width + from - left) * channels,
    );
  }
  return { width, height, channels, data };
}

/** Where the crop begins in the picture; negative where it begins before it. */
function cropStart(from: number, to: number): number {
  const rest = from - to;
  return rest >= 0 ? Math.floor(rest / 2) : -Math.ceil(-rest / 2);
}

/** Writes the bytes of a picture in the order of a model's input. */
export function arrange(
  { width, height, channels, data }: Picture,
  order: ChannelOrder,
  layout: Layout,
  into: Uint8Array,
): void {
  const pixels = width * height;
  for (let i = 0; i < pixels; i++) {
    for (let channel = 0; channel < channels; channel++) {
      const place = order === 'BGR' ? channels - 1 - channel : channel;
      into[layout === 'NCHW' ? place * pixels + i : i * channels + place] = data[i * channels + channel] ?? 0;
    }
  }
}
