import { gunzipSync, inflateRawSync } from 'node:zlib';
import { AssayError, errnoOf, messageOf } from '#base/errors';

/** Gzip (RFC 1952), or a bare deflate stream as ZIP archives hold it (RFC 1951). */
export type Compression = 'gzip' | 'deflate';

/**
 * Inflates to exactly `size` bytes, the number that the data declare about themselves: a stream that holds more is
 * stopped there and one that holds less is refused, so a small file cannot fill the memory.
 */
export function inflateExactly(bytes: Uint8Array, size: number, compression: Compression, where: string): Uint8Array {
  const inflated = inflateAtMost(bytes, size, compression, where);
  if (inflated.length !== size) {
    throw new AssayError('data', {
      where,
      what: `the compressed data hold ${inflated.length} bytes where ${size} are declared`,
      mend: 'The file is damaged; write it again.',
    });
  }
  return inflated;
}

function inflateAtMost(bytes: Uint8Array, size: number, compression: Compression, where: string): Uint8Array {
  const inflate = compression === 'gzip' ? gunzipSync : inflateRawSync;
  try {
    return inflate(bytes, { maxOutputLength: Math.max(size, 1) });
  } catch (cause) {
    throw new AssayError('data', {
      where,
      what:
        errnoOf(cause) === 'ERR_BUFFER_TOO_LARGE'
          ? `the compressed data hold more than the ${size} bytes that are declared`
          : `the compressed data cannot be read (${messageOf(cause)})`,
      mend: 'The file is damaged; write it again.',
      cause,
    });
  }
}
