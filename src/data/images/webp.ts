import createDecoder from '@jsquash/webp/codec/dec/webp_dec.js';
import { AssayError } from '#base/errors';
import { checkSize, damagedPicture, withoutAlpha, type Channels, type Picture } from './picture.js';
import { wasmDecoder, type Factory } from './wasm.js';

/** Of the extended header: the picture has frames. */
const ANIMATED = 0x02;

const decode = wasmDecoder(createDecoder as Factory, '@jsquash/webp/codec/dec/webp_dec.wasm');

export function isWebp(bytes: Uint8Array): boolean {
  return text(bytes, 0, 4) === 'RIFF' && text(bytes, 8, 12) === 'WEBP';
}

/**
 * Decodes a WebP picture, with or without loss.
 *
 * @throws AssayError `data` for animated, damaged and oversized pictures
 */
export async function decodeWebp(bytes: Uint8Array, channels: Channels, where: string): Promise<Picture> {
  const { width, height } = webpSize(bytes, where);
  checkSize(width, height, where);
  const { pixels, complaints } = await decode(bytes);
  if (pixels === null) {
    const reason = complaints.length === 0 ? '' : ` (${complaints.join(' ')})`;
    throw damagedPicture(where, `the WebP picture cannot be decoded${reason}`);
  }
  if (pixels.width !== width || pixels.height !== height) {
    throw damagedPicture(where, 'the WebP picture declares two sizes');
  }
  return withoutAlpha(pixels.data, { width, height }, channels);
}

/** The size in the first chunk (WebP container specification; RFC 6386, section 9.1, for the lossy one). */
function webpSize(bytes: Uint8Array, where: string): { width: number; height: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 30) throw damagedPicture(where, 'the WebP picture is cut off');
  if (view.getUint32(4, true) + 8 > bytes.length) throw damagedPicture(where, 'the WebP picture is cut off');
  switch (text(bytes, 12, 16)) {
    case 'VP8 ':
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    case 'VP8L': {
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      if ((view.getUint8(20) & ANIMATED) !== 0) {
        throw new AssayError('data', { where, what: 'the picture is animated', mend: 'Store one frame of it.' });
      }
      return { width: uint24(view, 24) + 1, height: uint24(view, 27) + 1 };
    default:
      throw damagedPicture(where, 'the WebP picture begins with no chunk of a picture');
  }
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) + 0x10000 * view.getUint8(at + 2);
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1');
}
