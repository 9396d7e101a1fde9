import { AssayError } from '#base/errors';
import { checkSize, damagedPicture } from './picture.js';
import { orientationOf } from './exif.js';

/** What stands before the pixels of a JPEG picture. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1 to 8 as Exif counts them; 1 is upright. */
  readonly orientation: number;
}

/** Segments without a length: restarts, the start of the picture, and what stands in for nothing. */
const BARE = new Set([0x01, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8]);
/** Baseline, extended and progressive, in Huffman coding; arithmetic coding is 0xc9 and 0xca. */
const FRAMES = new Set([0xc0, 0xc1, 0xc2]);
const NO_FRAMES = new Set([0xc4, 0xc8, 0xcc]);

export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * Reads the segments before the pixels (ITU T.81, annex B).
 *
 * @throws AssayError `data` for a picture that is cut off, of four inks, or coded in a way that is not decoded
 */
export function jpegHeader(bytes: Uint8Array, where: string): JpegHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation = 1;
  let frame: { width: number; height: number } | null = null;
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) throw damagedPicture(where, 'the JPEG picture holds no segment where one must begin');
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff || BARE.has(marker)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    const end = at + 2 + view.getUint16(at + 2);
    if (end > bytes.length || end < at + 4) break;
    const body = bytes.subarray(at + 4, end);
    if (marker === 0xe1) orientation = orientationOf(body) ?? orientation;
    if (marker >= 0xc0 && marker <= 0xcf && !NO_FRAMES.has(marker)) frame = frameOf(marker, body, where);
    if (marker === 0xda) {
      if (frame === null) throw damagedPicture(where, 'the JPEG picture has pixels before it has a size');
      return { ...frame, orientation };
    }
    at = end;
  }
  throw damagedPicture(where, 'the JPEG picture is cut off before its pixels');
}

function frameOf(marker: number, body: Uint8Array, where: string): { width: number; height: number } {
  if (body.length < 6) throw damagedPicture(where, 'the JPEG header is cut off');
  if (!FRAMES.has(marker) || body[0] !== 8) {
    throw new AssayError('data', {
      where,
      what: `the JPEG picture is coded in a way that is not decoded (frame ${marker - 0xc0}, ${body[0]} bits)`,
      mend: 'Store it as a baseline or progressive JPEG of 8 bits, or as PNG.',
    });
  }
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const components = view.getUint8(5);
  if (components !== 1 && components !== 3) {
    throw new AssayError('data', {
      where,
      what:
        components === 4 ? 'the JPEG picture is of four inks (CMYK)' : `the JPEG picture has ${components} channels`,
      mend: 'Convert it to RGB: how inks become colours is not in the file.',
    });
  }
  const frame = { height: view.getUint16(1), width: view.getUint16(3) };
  checkSize(frame.width, frame.height, where);
  return frame;
}
