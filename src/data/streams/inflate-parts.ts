import { Readable } from 'node:stream';
import { constants, createGunzip, createInflateRaw, inflateRawSync } from 'node:zlib';
import { AssayError, messageOf } from '#base/errors';
import type { Compression } from '../inflate.js';
import type { Stream } from './stream.js';

/** Of a compressed array, enough to find its header in. */
const START_BYTES = 2 ** 16;

/**
 * Inflates part by part to exactly `size` bytes, the number that the data declare about themselves.
 *
 * @throws AssayError `data` as soon as there are more, and at the end where there are fewer
 */
export async function* inflateParts(
  parts: Stream<Uint8Array>,
  size: number,
  compression: Compression,
  where: string,
): AsyncGenerator<Uint8Array> {
  const inflate = compression === 'gzip' ? createGunzip() : createInflateRaw();
  const input = Readable.from(parts);
  input.on('error', (error) => inflate.destroy(error));
  let length = 0;
  try {
    for await (const part of input.pipe(inflate) as AsyncIterable<Uint8Array>) {
      length += part.length;
      if (length > size) throw damaged(where, `the compressed data hold more than the ${size} bytes that are declared`);
      yield part;
    }
  } catch (cause) {
    if (cause instanceof AssayError) throw cause;
    throw damaged(where, `the compressed data cannot be read (${messageOf(cause)})`, cause);
  } finally {
    input.destroy();
    inflate.destroy();
  }
  if (length === size) return;
  throw damaged(where, `the compressed data hold ${length} bytes where ${size} are declared`);
}

/** The first bytes that a bare deflate stream inflates to. */
export function inflatedStart(stored: Uint8Array, where: string): Uint8Array {
  try {
    return inflateRawSync(stored.subarray(0, START_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (cause) {
    throw damaged(where, `the compressed data cannot be read (${messageOf(cause)})`, cause);
  }
}

function damaged(where: string, what: string, cause?: unknown): AssayError {
  return new AssayError('data', { where, what, mend: 'The file is damaged; write it again.', cause });
}
