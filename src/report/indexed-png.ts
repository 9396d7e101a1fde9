import { crc32, deflateSync, inflateSync } from 'node:zlib';

/** PNG files of one channel (ISO/IEC 15948): what pngjs cannot write. Scanlines are never filtered. */

export interface IndexedPng {
  readonly width: number;
  readonly height: number;
  /** One byte a pixel, row by row. */
  readonly pixels: Uint8Array;
  /** Red, green and blue of each index. */
  readonly palette: Uint8Array;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const GREY = 0;
const PALETTE = 3;
/** Beyond this a picture is not read: it would take more memory than a page is worth. */
const MOST_PIXELS = 4096 * 4096;

/** A palette picture of 8 bits a pixel. */
export function writeIndexed({ width, height, pixels, palette }: IndexedPng): Uint8Array {
  const lines = scanlines(width, height, (line, y) => line.set(pixels.subarray(y * width, (y + 1) * width)));
  return file(header(width, height, 8, PALETTE), chunk('PLTE', palette), lines);
}

/** A black and white picture of one bit a pixel: white where `isWhite`. */
export function writeBits(width: number, height: number, isWhite: (pixel: number) => boolean): Uint8Array {
  const bytes = Math.ceil(width / 8);
  const lines = scanlines(bytes, height, (line, y) => {
    for (let x = 0; x < width; x++) {
      if (isWhite(y * width + x)) line[x >> 3] = (line[x >> 3] ?? 0) | (0x80 >> (x & 7));
    }
  });
  return file(header(width, height, 1, GREY), lines);
}

/** What `writeIndexed` wrote; null for every other file. */
export function readIndexed(bytes: Uint8Array): IndexedPng | null {
  const [ihdr, plte, idat] = chunksOf(bytes);
  if (ihdr?.type !== 'IHDR' || plte?.type !== 'PLTE' || idat?.type !== 'IDAT' || ihdr.data.length !== 13) return null;
  const { data } = ihdr;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  if (width * height === 0 || width * height > MOST_PIXELS) return null;
  if (
    !chunk('IHDR', header(width, height, 8, PALETTE))
      .subarray(8, 21)
      .every((byte, i) => byte === data[i])
  )
    return null;
  const lines = inflated(idat.data, height * (width + 1));
  if (lines === null) return null;
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    if (lines[y * (width + 1)] !== 0) return null;
    pixels.set(lines.subarray(y * (width + 1) + 1, (y + 1) * (width + 1)), y * width);
  }
  return { width, height, pixels, palette: plte.data };
}

function header(width: number, height: number, depth: number, colourType: number): Uint8Array {
  const data = new Uint8Array(13);
  const view = new DataView(data.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  view.setUint8(8, depth);
  view.setUint8(9, colourType);
  return data;
}

/** Each line behind the byte that names its filter, which is none. */
function scanlines(bytes: number, height: number, fill: (line: Uint8Array, y: number) => void): Uint8Array {
  const lines = new Uint8Array(height * (bytes + 1));
  for (let y = 0; y < height; y++) fill(lines.subarray(y * (bytes + 1) + 1, (y + 1) * (bytes + 1)), y);
  return chunk('IDAT', deflateSync(lines, { level: 9 }));
}

function file(ihdr: Uint8Array, ...chunks: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([SIGNATURE, chunk('IHDR', ihdr), ...chunks, chunk('IEND', new Uint8Array())]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const whole = Buffer.alloc(data.length + 12);
  whole.writeUInt32BE(data.length, 0);
  whole.write(type, 4, 'latin1');
  whole.set(data, 8);
  whole.writeUInt32BE(crc32(whole.subarray(4, -4)), data.length + 8);
  return whole;
}

/** The chunks up to the end or the first that is damaged. */
function chunksOf(bytes: Uint8Array): { readonly type: string; readonly data: Uint8Array }[] {
  if (!SIGNATURE.every((byte, i) => bytes[i] === byte)) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = [];
  for (let at = SIGNATURE.length; at + 12 <= bytes.length;) {
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length || crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) break;
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1');
    chunks.push({ type, data: bytes.subarray(at + 8, end - 4) });
    at = end;
  }
  return chunks;
}

function inflated(data: Uint8Array, length: number): Uint8Array | null {
  try {
    const lines = inflateSync(data, { maxOutputLength: length });
    return lines.length === length ? lines : null;
  } catch {
    return null;
  }
}
