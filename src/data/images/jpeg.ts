import createDecoder from '@jsquash/jpeg/codec/dec/mozjpeg_dec.js';
import { AssayError } from '#base/errors';
import { upright } from './exif.js';
import { jpegHeader } from './jpeg-header.js';
import { damagedPicture, withoutAlpha, type Channels, type Picture } from './picture.js';
import { wasmDecoder, type Factory } from './wasm.js';

/** Progressive pictures have about ten; each is one more pass over all pixels, which a hostile file asks for by few bytes. */
const MAX_SCANS = 100;

/** The codec would turn the picture as Exif says: that is done here, where it is asked for. */
const PRESERVE_ORIENTATION = false;
const decode = wasmDecoder(createDecoder as Factory, '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm', PRESERVE_ORIENTATION);

/**
 * Decodes a JPEG picture, gray or in colours.
 *
 * @param orient whether it is turned as its Exif data say; Pillow's `Image.open` leaves it as it is stored
 * @throws AssayError `data` for damaged, oversized and four-ink pictures
 */
export async function decodeJpeg(
  bytes: Uint8Array,
  channels: Channels,
  orient: boolean,
  where: string,
): Promise<Picture> {
  const { width, height, orientation } = jpegHeader(bytes, where);
  checkScans(bytes, where);
  const { pixels, complaints } = await decode(bytes);
  const cut = complaints.find((line) => line.startsWith('Premature end'));
  if (pixels === null || cut !== undefined) {
    throw damagedPicture(where, `the JPEG picture cannot be decoded (${cut ?? complaints.join(' ')})`);
  }
  if (pixels.width !== width || pixels.height !== height) {
    throw damagedPicture(where, 'the JPEG picture declares two sizes');
  }
  const picture = withoutAlpha(pixels.data, { width, height }, channels);
  return orient ? upright(picture, orientation) : picture;
}

/** In the compressed pixels the byte 0xff is never followed by a marker's. */
function checkScans(bytes: Uint8Array, where: string): void {
  let scans = 0;
  for (let at = bytes.indexOf(0xff); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] !== 0xda) continue;
    scans += 1;
    if (scans <= MAX_SCANS) continue;
    throw new AssayError('data', {
      where,
      what: `the JPEG picture is drawn in more than ${MAX_SCANS} passes`,
      mend: 'Store it as a baseline JPEG, or as PNG.',
    });
  }
}
