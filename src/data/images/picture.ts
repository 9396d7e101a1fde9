import { AssayError } from '#base/errors';

/** 1 is gray, 3 is red, green, blue. */
export type Channels = 1 | 3;

/** A decoded picture: one byte a channel, row by row from the top, the channels of a pixel side by side. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  readonly data: Uint8Array;
}

/** 8192 x 8192: what one decoded picture may hold, so that a file of some bytes cannot fill the memory. */
export const MAX_PIXELS = 2 ** 26;

/** @throws AssayError `data` where a picture has no pixels, or more than are decoded */
export function checkSize(width: number, height: number, where: string): void {
  if (width === 0 || height === 0) {
    throw new AssayError('data', { where, what: `the picture is ${width} x ${height} pixels, which is none` });
  }
  if (width * height > MAX_PIXELS) {
    throw new AssayError('data', {
      where,
      what: `the picture declares ${width} x ${height} pixels, more than the ${MAX_PIXELS} that are decoded`,
      mend: 'Store it smaller.',
    });
  }
}

/** A picture that cannot be decoded. */
export function damagedPicture(where: string, what: string, cause?: unknown): AssayError {
  return new AssayError('data', { where, what, mend: 'The file is damaged; write it again.', cause });
}

/**
 * Drops the alpha of four channels, and makes gray where that is asked for, as Pillow's `convert` does: nothing is laid
 * over a background, and L = (19595 R + 38470 G + 7471 B + 32768) / 65536 (ITU-R 601-2, in its fixed point).
 */
export function withoutAlpha(
  rgba: ArrayLike<number>,
  size: { readonly width: number; readonly height: number },
  channels: Channels,
): Picture {
  const pixels = size.width * size.height;
  const data = new Uint8Array(pixels * channels);
  for (let i = 0; i < pixels; i++) {
    const red = rgba[4 * i] ?? 0;
    const green = rgba[4 * i + 1] ?? 0;
    const blue = rgba[4 * i + 2] ?? 0;
    if (channels === 1) {
      data[i] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
    } else {
      data[3 * i] = red;
      data[3 * i + 1] = green;
      data[3 * i + 2] = blue;
    }
  }
  return { width: size.width, height: size.height, channels, data };
}
