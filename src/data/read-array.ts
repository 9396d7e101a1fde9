import { AssayError } from '#base/errors';
import { isGzip, isIdx, readIdx } from './idx.js';
import { isNpy, readNpy } from './npy.js';
import { readNpz } from './npz.js';
import type { NumericArray } from './numeric-array.js';
import { isZip } from './zip.js';

/** A file, and the array in it where the file is an archive: `data.npz#x_test`. */
export interface ArrayPath {
  readonly file: string;
  readonly member: string | undefined;
}

/** Splits at the `#` behind `.npz`; any other `#` belongs to the path. */
export function parseArrayPath(path: string): ArrayPath {
  const match = /^(.*\.npz)#(.+)$/is.exec(path);
  return { file: match?.[1] ?? path, member: match?.[2] };
}

/** Reads an array of any format that is known, told by its first bytes and never by the file's name. */
export function readArray(bytes: Uint8Array, name: string, member?: string): NumericArray {
  if (isZip(bytes)) return readNpz(bytes, name, member);
  if (member !== undefined) {
    throw new AssayError('data', {
      where: name,
      what: `\`${member}\` is asked for, but the file is not an NPZ archive`,
    });
  }
  if (isNpy(bytes)) return readNpy(bytes, name);
  if (isGzip(bytes) || isIdx(bytes)) return readIdx(bytes, name);
  throw new AssayError('data', {
    where: name,
    what: isPickle(bytes) ? 'this is a Python pickle, which is code and is never run' : 'the format is not known',
    mend: 'Store the array as IDX (also gzipped), NPY or NPZ.',
  });
}

/** Protocols 2 to 5 begin with their number. */
function isPickle(bytes: Uint8Array): boolean {
  const protocol = bytes[1] ?? 0;
  return bytes[0] === 0x80 && protocol >= 2 && protocol <= 5;
}
