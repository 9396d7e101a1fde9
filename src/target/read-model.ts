import { constants } from 'node:buffer';
import { open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, sep } from 'node:path';
import { AssayError, errnoOf, messageOf } from '#base/errors';
import { externalDataFiles, type ModelBytes } from '#engine/index';
import type { TargetCard } from '#report/report';
import { fileCards } from './cards.js';
import { foreignFormat } from './foreign-formats.js';

/** Protocol buffers end here. */
const MAX_MODEL_BYTES = 2 ** 31 - 1;
/** Files of data may be larger, as far as one buffer reaches. */
const MAX_DATA_BYTES = constants.MAX_LENGTH;
/** What one read asks for: the system gives at most 2 GiB at once. */
const READ_BYTES = 2 ** 30;

/** A model that was read once, and the name, digest and size of each of its files. */
export type ReadModel = ModelBytes & { readonly cards: TargetCard['files'] };

/**
 * Reads a model and the files that it keeps data in, each once. Those have to lie in the model's folder: a model comes
 * from outside and must not choose what else is read.
 *
 * @throws AssayError `model`: one sentence that names the file, and the tensor and location where one is to blame.
 */
export async function readModelFile(path: string): Promise<ReadModel> {
  const main = basename(path);
  const bytes = await readWhole(path, path, MAX_MODEL_BYTES);
  if (bytes.length === 0) throw new AssayError('model', { where: path, what: 'the file is empty' });
  const foreign = foreignFormat(bytes);
  if (foreign !== undefined) {
    throw new AssayError('model', { where: path, what: `this looks like ${foreign.looksLike}`, mend: foreign.mend });
  }
  const files = new Map([[main, bytes]]);
  for (const [location, tensor] of externalDataFiles({ main, files })) {
    if (!files.has(location)) files.set(location, await readExternal(path, tensor, location));
  }
  return { main, files, cards: fileCards({ main, files }) };
}

async function readExternal(model: string, tensor: string, location: string): Promise<Uint8Array> {
  const refuse = (why: string, cause?: unknown) =>
    new AssayError('model', {
      where: model,
      what: `tensor \`${tensor}\` keeps its data in \`${location}\`, ${why}`,
      mend: "Data files have to lie in the model's folder, or in a folder in it.",
      ...(cause === undefined ? {} : { cause }),
    });
  const forbidden = whyForbidden(location);
  if (forbidden !== null) throw refuse(forbidden);
  const folder = await realpath(dirname(model));
  const file = await realpath(join(folder, location)).catch((cause: unknown) => {
    throw refuse(
      errnoOf(cause) === 'ENOENT' ? 'which is not there' : `which cannot be read (${messageOf(cause)})`,
      cause,
    );
  });
  if (!isInside(file, folder)) throw refuse('a link that leaves the folder');
  return readWhole(file, model, MAX_DATA_BYTES, `tensor \`${tensor}\` keeps its data in \`${location}\`: `);
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Why a location may not be followed, whatever lies there; null when it may. */
function whyForbidden(location: string): string | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) return 'which is a URL or a drive';
  if (location.includes('\\')) return 'which has a backslash';
  if (location.includes('\0')) return 'which has a zero byte';
  if (isAbsolute(location)) return 'which is an absolute path';
  return location.split('/').includes('..') ? 'which leaves the folder' : null;
}

/** Reads a regular file of at most `most` bytes; `context` goes in front of what is wrong with it. */
async function readWhole(path: string, where: string, most: number, context = ''): Promise<Uint8Array> {
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
  if (facts.isDirectory()) throw refuse('this is a folder, not a file', 'Name the .onnx file in it.');
  if (!facts.isFile()) throw refuse('this is a pipe or device, not a file');
  if (facts.size > most) {
    throw refuse(`the file has ${facts.size} bytes, and at most ${most} can be read`);
  }
  try {
    return await readBytes(path, facts.size);
  } catch (cause) {
    throw refuse(`the file cannot be read (${messageOf(cause)})`, 'Give this user permission to read it.', cause);
  }
}

/** As many bytes as there are, up to the size that the file had. */
async function readBytes(path: string, size: number): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const bytes = new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
      const { bytesRead } = await handle.read(bytes, filled, Math.min(READ_BYTES, size - filled), filled);
      if (bytesRead === 0) return bytes.subarray(0, filled);
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}
