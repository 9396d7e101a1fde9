import { constants } from 'node:buffer';
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { whyNotBeside } from '#base/beside';
import { AssayError, errnoOf, messageOf } from '#base/errors';

/** Protocol buffers end here. */
export const MAX_MODEL_BYTES = 2 ** 31 - 1;
/** Files of data may be larger, as far as one buffer reaches. */
export const MAX_DATA_BYTES = constants.MAX_LENGTH;
/** What one read asks for: the system gives at most 2 GiB at once. */
const READ_BYTES = 2 ** 30;

/** What a model's file says of another one: who needs it, and where it is. */
export interface Reference {
  /** Such as ``tensor `w` keeps its data in `` and a name. */
  readonly what: string;
  /** Relative to the folder of the file that says it. */
  readonly location: string;
}

/**
 * Reads a file that a model names, which has to lie beside it: a model comes from outside and must not choose what else is read.
 *
 * @param model the path of the file that names it
 * @param where what messages name
 */
export async function readBeside(model: string, { what, location }: Reference, where = model): Promise<Uint8Array> {
  const refuse = (why: string, cause?: unknown) =>
    new AssayError('model', {
      where,
      what: `${what}, ${why}`,
      mend: "Such files have to lie in the model's folder, or in a folder in it.",
      ...(cause === undefined ? {} : { cause }),
    });
  const forbidden = whyNotBeside(location);
  if (forbidden !== null) throw refuse(forbidden);
  const folder = await realpath(dirname(model));
  const file = await realpath(join(folder, location)).catch((cause: unknown) => {
    throw refuse(
      errnoOf(cause) === 'ENOENT' ? 'which is not there' : `which cannot be read (${messageOf(cause)})`,
      cause,
    );
  });
  if (!isInside(file, folder)) throw refuse('a link that leaves the folder');
  return readWhole(file, { where, most: MAX_DATA_BYTES, context: `${what}: ` });
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

export interface Reading {
  /** What messages name; the path when it is left out. */
  readonly where?: string;
  /** Bytes; a larger file is refused before anything of it is read. */
  readonly most: number;
  /** Goes in front of what is wrong with the file. */
  readonly context?: string;
}

/** Reads a regular file of at most `most` bytes. */
export function readWhole(path: string, reading: Reading): Promise<Uint8Array> {
  return withFile(path, reading, (handle, size) => readBytes(handle, size));
}

/** The first bytes of a regular file, by which its format is told before it is read whole. */
export function readStart(path: string, bytes: number, reading: Reading): Promise<Uint8Array> {
  return withFile(path, reading, (handle, size) => readBytes(handle, Math.min(bytes, size)));
}

async function withFile<T>(
  path: string,
  { where = path, most, context = '' }: Reading,
  work: (handle: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  const refuse = (what: string, mend?: string, cause?: unknown) =>
    new AssayError('model', {
      where,
      what: context + what,
      ...(mend === undefined ? {} : { mend }),
      ...(cause === undefined ? {} : { cause }),
    });
  // Before it is opened: opening a pipe would wait for its writer, and reading a device might never end.
  const facts = await stat(path).catch((cause: unknown) => {
    const missing = errnoOf(cause) === 'ENOENT' || errnoOf(cause) === 'ENOTDIR';
    if (!missing) throw refuse(`the file cannot be read (${messageOf(cause)})`, undefined, cause);
    throw refuse('there is no such file', 'Paths are relative to the configuration file.', cause);
  });
  if (facts.isDirectory()) throw refuse('this is a folder, not a file', "Name the model's file in it.");
  if (!facts.isFile()) throw refuse('this is a pipe or device, not a file');
  if (facts.size > most) throw refuse(`the file has ${facts.size} bytes, and at most ${most} can be read`);
  try {
    const handle = await open(path, 'r');
    try {
      return await work(handle, facts.size);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw refuse(`the file cannot be read (${messageOf(cause)})`, 'Give this user permission to read it.', cause);
  }
}

/** As many bytes as there are, up to the size that the file had. */
async function readBytes(handle: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await handle.read(bytes, filled, Math.min(READ_BYTES, size - filled), filled);
    if (bytesRead === 0) return bytes.subarray(0, filled);
    filled += bytesRead;
  }
  return bytes;
}
