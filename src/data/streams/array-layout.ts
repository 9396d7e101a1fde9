import { AssayError } from '#base/errors';
import { sizeOf } from '#base/tensor';
import { elementSize, type ByteOrder, type ElementType } from '../elements.js';
import { isGzip, isIdx, parseIdxHeader } from '../idx.js';
import type { Compression } from '../inflate.js';
import { isNpy, parseNpyHeader } from '../npy-header.js';
import { arrayLabel, npzMember } from '../npz.js';
import { isZip, storedBytes } from '../zip.js';
import { MAX_STREAMED_BYTES, type ByteSource } from './byte-source.js';
import { inflatedStart } from './inflate-parts.js';

/** Where the elements of an array lie in a file. */
export interface ArrayLayout {
  /** The file, and the member in it, as messages name it. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly order: ByteOrder;
  /** The part of the file that holds the array, header and all. */
  readonly from: number;
  readonly to: number;
  readonly compression: Compression | null;
  /** Bytes of the array before its elements, and altogether, inflated. */
  readonly start: number;
  readonly end: number;
  /** Of all its bytes, where the format keeps one. */
  readonly crc: number | null;
}

/**
 * Finds out where the elements of an array lie, to read them part by part. Null for what has to be read whole: arrays in
 * Fortran's order, and whatever is no array of a known format.
 *
 * @throws AssayError `data` where the file is not as long as its header declares
 */
export async function layoutOf(file: ByteSource, member: string | undefined): Promise<ArrayLayout | null> {
  const { head, path: name } = file;
  if (isZip(head)) return npzLayout((await file.whole()).bytes, name, member);
  if (member !== undefined) return null;
  if (isNpy(head)) return npyLayout(head, name, { from: 0, to: file.size, end: file.size });
  return isGzip(head) || isIdx(head) ? idxLayout(file) : null;
}

function npyLayout(
  head: Uint8Array,
  name: string,
  place: Pick<ArrayLayout, 'from' | 'to' | 'end'> & Partial<Pick<ArrayLayout, 'compression' | 'crc'>>,
): ArrayLayout | null {
  const { type, order, fortranOrder, shape, start } = parseNpyHeader(head, name);
  if (fortranOrder && shape.length > 1) return null;
  const declared = sizeOf(shape) * elementSize(type);
  if (start + declared !== place.end) {
    throw new AssayError('data', {
      where: name,
      what: `the shape [${shape.join(', ')}] needs ${declared} bytes and ${place.end - start} follow the header`,
      mend: 'The file is truncated or damaged; write it again.',
    });
  }
  return { name, shape, type, order, start, compression: null, crc: null, ...place };
}

function idxLayout({ head, size, path: name }: ByteSource): ArrayLayout {
  const { type, shape, start, end } = parseIdxHeader(head, name, MAX_STREAMED_BYTES);
  const compression = isGzip(head) ? 'gzip' : null;
  if (compression === null && end !== size) {
    throw new AssayError('data', {
      where: name,
      what: `the file has ${size} bytes where its header [${shape.join(', ')}] declares ${end}`,
      mend: 'It is truncated or damaged; fetch it again.',
    });
  }
  return { name, shape, type, order: 'big', from: 0, to: size, compression, start, end, crc: null };
}

function npzLayout(bytes: Uint8Array, archive: string, wanted: string | undefined): ArrayLayout | null {
  const member = npzMember(bytes, archive, wanted);
  const stored = storedBytes(bytes, member, archive, MAX_STREAMED_BYTES);
  const from = stored.byteOffset - bytes.byteOffset;
  const compression = member.method === 8 ? 'deflate' : null;
  const head = compression === null ? stored : inflatedStart(stored, `${archive}#${member.name}`);
  const place = { from, to: from + stored.length, end: member.size, compression, crc: member.crc } as const;
  return npyLayout(head, arrayLabel(member, archive), place);
}
