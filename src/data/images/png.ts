import { crc32, inflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { AssayError, errnoOf, messageOf } from '#base/errors';
import { checkSize, damagedPicture, withoutAlpha, type Channels, type Picture } from './picture.js';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** All that decides the colours as Pillow reads them: not gamma, profiles, text or a transparent colour. */
const DECODED = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND']);
/** Samples of a pixel by colour type: gray, colour, palette, gray and alpha, colour and alpha. */
const SAMPLES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);
/** Where the seven passes of Adam7 begin, and how far apart their pixels are: x, y, then across, down. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** With length, type and checksum. */
  readonly whole: Uint8Array;
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly samples: number;
  readonly interlaced: boolean;
}

export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * Decodes a PNG picture of any colour type, depth and interlacing. Of 16 bits a sample the upper eight are kept.
 *
 * @throws AssayError `data` for animated, damaged and oversized pictures
 */
export function decodePng(bytes: Uint8Array, channels: Channels, where: string): Picture {
  const chunks = chunksOf(bytes, where);
  const header = headerOf(chunks, where);
  checkPixels(chunks, header, where);
  const whole = chunks.filter(({ type }) => DECODED.has(type)).map((chunk) => chunk.whole);
  try {
    const options = { skipRescale: header.depth === 16 };
    const { width, height, data } = PNG.sync.read(Buffer.concat([Uint8Array.from(SIGNATURE), ...whole]), options);
    return withoutAlpha(header.depth === 16 ? upperBytes(data) : data, { width, height }, channels);
  } catch (cause) {
    throw damagedPicture(where, `the PNG picture cannot be decoded (${messageOf(cause)})`, cause);
  }
}

/** pngjs types its samples as bytes, also where they are 16 bits wide. */
function upperBytes(samples: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(samples, (sample) => sample >> 8);
}

function chunksOf(bytes: Uint8Array, where: string): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE.length; at + 12 <= bytes.length;) {
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length) break;
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1');
    if (DECODED.has(type) && crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) {
      throw damagedPicture(where, `the checksum of the chunk ${type} does not match`);
    }
    if (type === 'acTL') {
      throw new AssayError('data', {
        where,
        what: 'the picture is animated',
        mend: 'Store one frame of it.',
      });
    }
    chunks.push({ type, data: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) });
    if (type === 'IEND') return chunks;
    at = end;
  }
  throw damagedPicture(where, 'the PNG picture is cut off');
}

function headerOf([first]: readonly Chunk[], where: string): Header {
  if (first?.type !== 'IHDR' || first.data.length !== 13) {
    throw damagedPicture(where, 'the PNG picture does not begin with its header');
  }
  const view = new DataView(first.data.buffer, first.data.byteOffset, first.data.byteLength);
  const samples = SAMPLES.get(view.getUint8(9));
  if (samples === undefined) throw damagedPicture(where, `the PNG colour type ${view.getUint8(9)} is not known`);
  const header = {
    width: view.getUint32(0),
    height: view.getUint32(4),
    depth: view.getUint8(8),
    samples,
    interlaced: view.getUint8(12) !== 0,
  };
  checkSize(header.width, header.height, where);
  return header;
}

/** The decoder inflates interlaced pictures without a limit, and takes short ones for black. */
function checkPixels(chunks: readonly Chunk[], header: Header, where: string): void {
  const bits = header.depth * header.samples;
  const rows = (width: number, height: number) => (width === 0 ? 0 : height * (1 + Math.ceil((width * bits) / 8)));
  const size = header.interlaced
    ? PASSES.reduce(
        (sum, [x, y, across, down]) =>
          sum + rows(Math.ceil((header.width - x) / across), Math.ceil((header.height - y) / down)),
        0,
      )
    : rows(header.width, header.height);
  const stored = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
  const found = inflatedSize(stored, size, where);
  if (found !== size) throw damagedPicture(where, `the picture holds ${found} bytes where its size needs ${size}`);
}

function inflatedSize(stored: Uint8Array, size: number, where: string): number {
  try {
    return inflateSync(stored, { maxOutputLength: Math.max(size, 1) }).length;
  } catch (cause) {
    throw damagedPicture(
      where,
      errnoOf(cause) === 'ERR_BUFFER_TOO_LARGE'
        ? `the picture holds more than the ${size} bytes that its size needs`
        : `the compressed pixels cannot be read (${messageOf(cause)})`,
      cause,
    );
  }
}
