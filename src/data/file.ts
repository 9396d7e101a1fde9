import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { digestOfBytes, type Digest } from '#base/digest';
import { AssayError, errnoOf, messageOf } from '#base/errors';
import type { DataCard } from '#report/report';

/** The largest file that is read, and the largest array that is inflated: what Node reads into one buffer. */
export const MAX_BYTES = 2 ** 31 - 1;

export type FileCard = DataCard['files'][number];

/** A file that was read once, whole. Everything after this works on its bytes. */
export interface SourceFile {
  /** As the user named it: for messages only. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Of the bytes as they lie on disk, compressed or not. */
  readonly digest: Digest;
}

/** Reads a regular file of at most `limit` bytes. Throws an AssayError that says in one sentence why it could not. */
export async function readSourceFile(path: string, limit = MAX_BYTES): Promise<SourceFile> {
  await requireReadable(path, limit);
  const bytes = await readWhole(path);
  if (bytes.length === 0) throw new AssayError('data', { where: path, what: 'the file is empty' });
  return { path, bytes, digest: digestOfBytes(bytes) };
}

/** How a report names the file: without its folder, which differs between machines. */
export function fileCard(file: SourceFile): FileCard {
  return { name: basename(file.path), sha256: file.digest, bytes: file.bytes.length };
}

/** Before it is opened: opening a pipe would wait for its writer, and reading a device might never end. Gives its size. */
export async function requireReadable(path: string, limit: number): Promise<number> {
  const facts = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (facts.isDirectory()) throw new AssayError('data', { where: path, what: 'this is a folder, not a file' });
  if (!facts.isFile()) throw new AssayError('data', { where: path, what: 'this is a pipe or device, not a file' });
  if (facts.size > limit) {
    throw new AssayError('data', {
      where: path,
      what: `the file has ${facts.size} bytes, more than the ${limit} that are read`,
      mend: 'Split it, or store fewer samples.',
    });
  }
  return facts.size;
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    const handle = await open(path, 'r');
    try {
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

export function unreadable(path: string, cause: unknown): AssayError {
  return new AssayError('data', { where: path, cause, ...explanation(cause) });
}

function explanation(cause: unknown): { what: string; mend?: string } {
  switch (errnoOf(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { what: 'there is no such file', mend: 'Paths are relative to the configuration file.' };
    case 'EACCES':
    case 'EPERM':
      return { what: 'the file may not be read', mend: 'Give this user permission to read it.' };
    default:
      return { what: `the file cannot be read (${errnoOf(cause) ?? messageOf(cause)})` };
  }
}
