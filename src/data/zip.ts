import { crc32 } from 'node:zlib';
import { AssayError } from '#base/errors';
import { MAX_BYTES } from './file.js';
import { inflateExactly } from './inflate.js';

/** One entry of a ZIP archive's central directory. */
export interface ZipMember {
  readonly name: string;
  readonly encrypted: boolean;
  /** 0 is stored, 8 is deflate; others are refused when the member is read. */
  readonly method: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  /** Of the member's local header. */
  readonly offset: number;
}

const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT = 0xffff;
/** Stands in a 32-bit field whose value is in the entry's ZIP64 extra field. */
const IN_EXTRA = 0xffffffff;
const ZIP64_EXTRA = 0x0001;

export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}

/**
 * The members of a ZIP archive (APPNOTE 6.3.10), from its central directory. Throws an AssayError where the archive is
 * damaged, split over files, or names a member twice.
 */
export function zipMembers(bytes: Uint8Array, archive: string): readonly ZipMember[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOfDirectory(view, archive);
  const count = view.getUint16(end + 10, true);
  const members: ZipMember[] = [];
  const names = new Set<string>();
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < count; i++) {
    const { member, next } = directoryEntry(bytes, view, at, archive);
    if (names.has(member.name)) {
      throw new AssayError('data', { where: archive, what: `the archive names \`${member.name}\` twice` });
    }
    names.add(member.name);
    members.push(member);
    at = next;
  }
  return members;
}

/** The bytes of one member, checked against the size and the checksum that the directory declares. */
export function readMember(bytes: Uint8Array, member: ZipMember, archive: string): Uint8Array {
  const where = `${archive}#${member.name}`;
  const stored = storedBytes(bytes, member, archive, MAX_BYTES);
  const content = member.method === 8 ? inflateExactly(stored, member.size, 'deflate', where) : stored;
  if (crc32(content) !== member.crc) throw wrongChecksum(where);
  return content;
}

/** A member as it lies in the archive, by ZIP method 0 or 8; what it inflates to is not checked yet. */
export function storedBytes(bytes: Uint8Array, member: ZipMember, archive: string, limit: number): Uint8Array {
  const where = `${archive}#${member.name}`;
  if (member.encrypted) {
    throw new AssayError('data', {
      where,
      what: 'the member is encrypted',
      mend: 'Write the archive without a password.',
    });
  }
  if (member.size > limit) {
    throw new AssayError('data', {
      where,
      what: `the member declares ${member.size} bytes, more than the ${limit} that are read`,
    });
  }
  if (member.method !== 0 && member.method !== 8) {
    throw new AssayError('data', {
      where,
      what: `the member is compressed by ZIP method ${member.method}`,
      mend: 'Write it with np.savez or np.savez_compressed.',
    });
  }
  const stored = memberBytes(bytes, member, where);
  if (member.method === 0 && stored.length !== member.size) throw damaged(where);
  return stored;
}

export function wrongChecksum(where: string): AssayError {
  return new AssayError('data', {
    where,
    what: 'the checksum does not match',
    mend: 'The file is damaged; write it again.',
  });
}

/** The record at the end that says where the directory begins; only a comment may follow it. */
function endOfDirectory(view: DataView, archive: string): number {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT); at--) {
    if (view.getUint32(at, true) !== END_OF_DIRECTORY) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) !== view.byteLength) continue;
    if (view.getUint16(at + 4, true) !== 0 || view.getUint16(at + 8, true) !== view.getUint16(at + 10, true)) {
      throw new AssayError('data', { where: archive, what: 'the archive is split over several files' });
    }
    if (view.getUint16(at + 10, true) === 0xffff || view.getUint32(at + 16, true) === IN_EXTRA) {
      throw new AssayError('data', {
        where: archive,
        what: `the archive has more than 65,534 members or more than ${MAX_BYTES} bytes`,
      });
    }
    return at;
  }
  throw new AssayError('data', {
    where: archive,
    what: 'this is not a whole ZIP archive: its directory is missing',
    mend: 'The file is truncated; fetch or write it again.',
  });
}

function directoryEntry(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  archive: string,
): { member: ZipMember; next: number } {
  if (at + 46 > bytes.length || view.getUint32(at, true) !== DIRECTORY_ENTRY) throw damaged(archive);
  const flags = view.getUint16(at + 8, true);
  const nameEnd = at + 46 + view.getUint16(at + 28, true);
  const extraEnd = nameEnd + view.getUint16(at + 30, true);
  const next = extraEnd + view.getUint16(at + 32, true);
  if (next > bytes.length) throw damaged(archive);
  const name = Buffer.from(bytes.subarray(at + 46, nameEnd)).toString('utf8');
  if (/\p{Cc}/u.test(name)) {
    throw new AssayError('data', { where: archive, what: 'a member has control characters in its name' });
  }
  const large = zip64Reader(view, nameEnd, extraEnd);
  // The order of these three is the order in which the extra field holds them.
  const size = large(view.getUint32(at + 24, true));
  const compressedSize = large(view.getUint32(at + 20, true));
  const offset = large(view.getUint32(at + 42, true));
  return {
    next,
    member: {
      name,
      encrypted: (flags & 1) !== 0,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      compressedSize,
      size,
      offset,
    },
  };
}

/** Gives a 32-bit field back, or the next 64-bit value of the ZIP64 extra field where the field says so. */
function zip64Reader(view: DataView, start: number, end: number): (field: number) => number {
  let at = start;
  let limit = start;
  for (let extra = start; extra + 4 <= end; extra += 4 + view.getUint16(extra + 2, true)) {
    if (view.getUint16(extra, true) !== ZIP64_EXTRA) continue;
    at = extra + 4;
    limit = Math.min(end, at + view.getUint16(extra + 2, true));
    break;
  }
  return (field) => {
    if (field !== IN_EXTRA || at + 8 > limit) return field;
    at += 8;
    return Number(view.getBigUint64(at - 8, true));
  };
}

function memberBytes(bytes: Uint8Array, member: ZipMember, where: string): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { offset, compressedSize } = member;
  if (offset + 30 > bytes.length || view.getUint32(offset, true) !== LOCAL_HEADER) throw damaged(where);
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + compressedSize > bytes.length) throw damaged(where);
  return bytes.subarray(start, start + compressedSize);
}

function damaged(where: string): AssayError {
  return new AssayError('data', {
    where,
    what: 'the ZIP archive is damaged',
    mend: 'Fetch or write it again.',
  });
}
