import { AssayError } from '#base/errors';
import { isJpeg } from './jpeg-header.js';
import { decodeJpeg } from './jpeg.js';
import type { Channels, Picture } from './picture.js';
import { decodePng, isPng } from './png.js';
import { decodeWebp, isWebp } from './webp.js';

export interface DecodeOptions {
  readonly channels: Channels;
  /** Whether a JPEG is turned as its Exif data say. */
  readonly orient: boolean;
}

/**
 * Decodes a picture whose format is told by its first bytes, never by the file's name.
 *
 * @param where the file, for messages
 * @throws AssayError `data` in one sentence for whatever is no still picture of a known format, or is damaged
 */
export async function decodePicture(
  bytes: Uint8Array,
  { channels, orient }: DecodeOptions,
  where: string,
): Promise<Picture> {
  if (isPng(bytes)) return decodePng(bytes, channels, where);
  if (isJpeg(bytes)) return decodeJpeg(bytes, channels, orient, where);
  if (isWebp(bytes)) return decodeWebp(bytes, channels, where);
  throw new AssayError('data', {
    where,
    what: `this is not a PNG, JPEG or WebP picture${otherFormat(bytes)}`,
    mend: 'Store it as one of these.',
  });
}

function otherFormat(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (start.startsWith('GIF8')) return ' but a GIF';
  if (start.startsWith('BM')) return ' but a BMP';
  if (start.startsWith('II*\0') || start.startsWith('MM\0*')) return ' but a TIFF';
  if (/^....ftyp(avif|heic|mif1)/s.test(start)) return ' but an AVIF or HEIC';
  return '';
}
