import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { runningDigest, type Digest } from '#base/digest';
import { AssayError } from '#base/errors';
import { fileCard, readSourceFile, requireReadable, unreadable, type FileCard, type SourceFile } from '../file.js';
import type { Stream } from './stream.js';

/** Up to here files, arrays and inputs are held in memory; what is larger is read part by part. */
export const HELD_BYTES = 2 ** 26;
/** The largest array that is read part by part. */
export const MAX_STREAMED_BYTES = 2 ** 36;

const PART_BYTES = 2 ** 20;
/** Enough for the header of any array. */
const HEAD_BYTES = 2 ** 16;

/** A file that is read once, whole or part by part. */
export interface ByteSource {
  readonly path: string;
  readonly size: number;
  readonly isHeld: boolean;
  /** The first 64 KiB, or all of them. */
  readonly head: Uint8Array;
  whole(): Promise<SourceFile>;
  /** All bytes, in order. @throws AssayError `data` where the file was changed since it was opened */
  parts(): Stream<Uint8Array>;
  /** Some of them. @throws AssayError `data` as `parts` does */
  range(start: number, end: number): Promise<Uint8Array>;
  /** Null before the file was read. */
  card(): FileCard | null;
}

/**
 * @param heldBytes up to this size a file is held in memory
 * @throws AssayError `data` where the file cannot be read
 */
export async function openBytes(path: string, heldBytes: number): Promise<ByteSource> {
  const size = await requireReadable(path, MAX_STREAMED_BYTES);
  return size <= heldBytes ? heldFile(await readSourceFile(path)) : largeFile(path);
}

function heldFile(file: SourceFile): ByteSource {
  const { path, bytes } = file;
  return {
    path,
    size: bytes.length,
    isHeld: true,
    head: bytes.subarray(0, HEAD_BYTES),
    whole: () => Promise.resolve(file),
    *parts() {
      yield bytes;
    },
    range: (start, end) => Promise.resolve(bytes.subarray(start, end)),
    card: () => fileCard(file),
  };
}

/** Nothing stays open between two calls; that it is still the same file is told by its inode, size and times. */
async function largeFile(path: string): Promise<ByteSource> {
  const { stamp, head, size } = await opened(path, async (handle) => ({
    ...(await stampOf(handle)),
    head: await readUpTo(handle, 0, HEAD_BYTES),
  }));
  let digest: Digest | null = null;
  let held: SourceFile | null = null;
  return {
    path,
    size,
    isHeld: false,
    head,
    async whole() {
      held ??= await readSourceFile(path);
      digest = held.digest;
      return held;
    },
    async *parts() {
      if (held !== null) {
        yield held.bytes;
        return;
      }
      const handle = await open(path, 'r').catch((cause: unknown) => {
        throw unreadable(path, cause);
      });
      const running = runningDigest();
      try {
        for (let at = 0; at < size;) {
          const part = await readUpTo(handle, at, PART_BYTES).catch((cause: unknown) => {
            throw unreadable(path, cause);
          });
          running.add(part);
          yield part;
          at += part.length;
          if (part.length === 0) break;
        }
        if ((await stampOf(handle)).stamp !== stamp) throw changed(path);
      } finally {
        await handle.close();
      }
      digest = running.end();
    },
    range: (start, end) =>
      opened(path, async (handle) => {
        const bytes = await readUpTo(handle, start, end - start);
        if (bytes.length !== end - start || (await stampOf(handle)).stamp !== stamp) throw changed(path);
        return bytes;
      }),
    card: () => (digest === null ? null : { name: basename(path), sha256: digest, bytes: size }),
  };
}

async function opened<T>(path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  try {
    const handle = await open(path, 'r');
    try {
      return await use(handle);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw cause instanceof AssayError ? cause : unreadable(path, cause);
  }
}

async function stampOf(handle: FileHandle): Promise<{ stamp: string; size: number }> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await handle.stat({ bigint: true });
  return { stamp: [dev, ino, size, mtimeNs, ctimeNs].join(), size: Number(size) };
}

async function readUpTo(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafeSlow(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function changed(where: string): AssayError {
  return new AssayError('data', { where, what: 'the file was changed while it was read', mend: 'Run it again.' });
}
