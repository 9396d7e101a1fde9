import { fstat, read } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
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
  /** Tells whether it is still the same file; null of one that is held. */
  readonly stamp: string | null;
}

/** A file that another process opened, for one that is told no path to open. */
export interface LentFile {
  /** As the user named it: for messages only. */
  readonly path: string;
  readonly descriptor: number;
  /** As that of the {@link ByteSource} that the other process has. */
  readonly stamp: string;
}

/**
 * @param heldBytes up to this size a file is held in memory
 * @throws AssayError `data` where the file cannot be read
 */
export async function openBytes(path: string, heldBytes: number): Promise<ByteSource> {
  const size = await requireReadable(path, MAX_STREAMED_BYTES);
  return size <= heldBytes ? heldFile(await readSourceFile(path)) : largeFile({ path, descriptor: null });
}

/** @throws AssayError `data` where it is not the file any more that was lent */
export async function openLent({ stamp, ...place }: LentFile): Promise<ByteSource> {
  const source = await largeFile(place);
  if (source.stamp !== stamp) throw changed(place.path);
  return source;
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
    stamp: null,
  };
}

/** Where a file is: its path, and its descriptor where it is open already. */
interface Place {
  readonly path: string;
  readonly descriptor: number | null;
}

/** Nothing is opened that stays open between two calls; that it is still the same file is told by its inode, size and times. */
async function largeFile(place: Place): Promise<ByteSource> {
  const { path } = place;
  const { stamp, head, size } = await opened(place, async (descriptor) => ({
    ...(await stampOf(descriptor)),
    head: await readUpTo(descriptor, 0, HEAD_BYTES),
  }));
  let digest: Digest | null = null;
  let held: SourceFile | null = null;
  return {
    path,
    size,
    isHeld: false,
    head,
    async whole() {
      if (place.descriptor !== null) throw new RangeError('a file that is lent is read part by part');
      held ??= await readSourceFile(path);
      digest = held.digest;
      return held;
    },
    async *parts() {
      if (held !== null) {
        yield held.bytes;
        return;
      }
      const file = await openPlace(place);
      const running = runningDigest();
      try {
        for (let at = 0; at < size;) {
          const part = await readUpTo(file.descriptor, at, PART_BYTES).catch((cause: unknown) => {
            throw unreadable(path, cause);
          });
          running.add(part);
          yield part;
          at += part.length;
          if (part.length === 0) break;
        }
        if ((await stampOf(file.descriptor)).stamp !== stamp) throw changed(path);
      } finally {
        await file.close();
      }
      digest = running.end();
    },
    range: (start, end) =>
      opened(place, async (descriptor) => {
        const bytes = await readUpTo(descriptor, start, end - start);
        if (bytes.length !== end - start || (await stampOf(descriptor)).stamp !== stamp) throw changed(path);
        return bytes;
      }),
    card: () => (digest === null ? null : { name: basename(path), sha256: digest, bytes: size }),
    stamp,
  };
}

async function opened<T>(place: Place, use: (descriptor: number) => Promise<T>): Promise<T> {
  try {
    const file = await openPlace(place);
    try {
      return await use(file.descriptor);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw cause instanceof AssayError ? cause : unreadable(place.path, cause);
  }
}

/** Closing leaves open what was open before. */
async function openPlace({ path, descriptor }: Place): Promise<{ descriptor: number; close: () => Promise<void> }> {
  if (descriptor !== null) return { descriptor, close: () => Promise.resolve() };
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  return { descriptor: handle.fd, close: () => handle.close() };
}

const readAt = promisify(read);
const statOf = promisify(fstat);

async function stampOf(descriptor: number): Promise<{ stamp: string; size: number }> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await statOf(descriptor, { bigint: true });
  return { stamp: [dev, ino, size, mtimeNs, ctimeNs].join(), size: Number(size) };
}

async function readUpTo(descriptor: number, position: number, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await readAt(descriptor, Buffer.allocUnsafeSlow(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

export function changed(where: string): AssayError {
  return new AssayError('data', { where, what: 'the file was changed while it was read', mend: 'Run it again.' });
}
