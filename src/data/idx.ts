import { constants, gunzipSync } from 'node:zlib';
import { AssayError, messageOf } from '#base/errors';
import { sizeOf } from '#base/tensor';
import { decodeElements, elementSize, type ElementType } from './elements.js';
import { MAX_BYTES } from './file.js';
import { inflateExactly } from './inflate.js';
import type { NumericArray } from './numeric-array.js';

/** The third byte of an IDX file. */
const TYPES: ReadonlyMap<number, ElementType> = new Map([
  [0x08, 'u1'],
  [0x09, 'i1'],
  [0x0b, 'i2'],
  [0x0c, 'i4'],
  [0x0d, 'f4'],
  [0x0e, 'f8'],
]);

/** Of a gzip file, enough for the IDX header; deflate makes at most 1,032 bytes of one, so 4 MiB come out. */
const PREFIX_BYTES = 4096;

export interface IdxHeader {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Where the elements begin, and where the file ends, in bytes. */
  readonly start: number;
  readonly end: number;
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

export function isIdx(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0 && TYPES.has(bytes[2] ?? 0);
}

/**
 * Reads an IDX array: two zero bytes, element type, number of axes, one big-endian uint32 an axis, then the elements,
 * big-endian and row-major (LeCun, the MNIST format). Gzip is recognized by its first bytes. Throws an AssayError
 * where the file is not IDX or holds more or fewer bytes than its header declares.
 */
export function readIdx(bytes: Uint8Array, name: string): NumericArray {
  const header = parseIdxHeader(bytes, name);
  const plain = isGzip(bytes) ? inflateExactly(bytes, header.end, 'gzip', name) : bytes;
  if (plain.length !== header.end) {
    throw new AssayError('data', {
      where: name,
      what: `the file has ${plain.length} bytes where its header [${header.shape.join(', ')}] declares ${header.end}`,
      mend: 'It is truncated or damaged; fetch it again.',
    });
  }
  return { name, shape: header.shape, data: decodeElements(plain.subarray(header.start), header.type, 'big', name) };
}

/**
 * Parses the header of an IDX file, compressed or not.
 *
 * @param prefix at least the first 4,096 bytes of the file, or all of them
 * @param limit bytes that an array may declare
 */
export function parseIdxHeader(prefix: Uint8Array, name: string, limit = MAX_BYTES): IdxHeader {
  const bytes = isGzip(prefix) ? inflatedPrefix(prefix, name) : prefix;
  const type = isIdx(bytes) ? TYPES.get(bytes[2] ?? 0) : undefined;
  if (type === undefined) {
    throw new AssayError('data', {
      where: name,
      what: 'this is not an IDX file: it does not begin with two zero bytes and an element type',
    });
  }
  const axes = bytes[3] ?? 0;
  const start = 4 + 4 * axes;
  if (bytes.length < start) throw new AssayError('data', { where: name, what: 'the IDX header is cut off' });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const end = start + sizeOf(shape) * elementSize(type);
  if (end > limit) {
    throw new AssayError('data', {
      where: name,
      what: `the header declares [${shape.join(', ')}], which is more than the ${limit} bytes that are read`,
    });
  }
  return { type, shape, start, end };
}

function inflatedPrefix(bytes: Uint8Array, name: string): Uint8Array {
  try {
    return gunzipSync(bytes.subarray(0, PREFIX_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (cause) {
    throw new AssayError('data', { where: name, what: `the gzip data cannot be read (${messageOf(cause)})`, cause });
  }
}
