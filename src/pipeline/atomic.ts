import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AssayError, errnoOf } from '#base/errors';

/** Writes a file so that after a crash at any instant either nothing, the old or the whole new content is there. */
export function writeAtomically(path: string, content: Uint8Array | string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  onDisk(dirname(path), () => {
    try {
      writeSynced(temporary, content);
      renameSync(temporary, path);
      syncFolder(dirname(path));
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

/** Makes a folder, and those above it, that survive a crash. */
export function makeFolder(path: string): void {
  onDisk(path, () => {
    const first = mkdirSync(path, { recursive: true });
    if (first !== undefined) syncFolder(dirname(first));
  });
}

/** Writes the entries of a folder (creations, renames, removals) to the disk. */
export function syncFolder(path: string): void {
  // Windows opens no folders; there a rename is as durable as the system makes it.
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/**
 * Runs something that writes below `folder`.
 *
 * @throws AssayError `output` with one sentence when the disk refuses; anything else is thrown on as it is.
 */
export function onDisk<T>(folder: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const trouble = TROUBLES[errnoOf(error) ?? ''];
    if (trouble === undefined) throw error;
    throw new AssayError('output', { where: folder, what: trouble.what, mend: trouble.mend, cause: error });
  }
}

const FREE_SPACE = 'Free some space, or choose another folder with `out`.';
const OTHER_FOLDER = 'Choose a folder that can be written with `out`.';

const TROUBLES: Readonly<Record<string, { readonly what: string; readonly mend: string } | undefined>> = {
  ENOSPC: { what: 'the disk is full', mend: FREE_SPACE },
  EDQUOT: { what: 'the disk quota is used up', mend: FREE_SPACE },
  EFBIG: { what: 'a file would become larger than the system allows', mend: FREE_SPACE },
  EIO: { what: 'the disk reports an input/output error', mend: 'Check the disk, or choose another folder with `out`.' },
  EROFS: { what: 'the file system is read-only', mend: OTHER_FOLDER },
  EACCES: { what: 'there is no permission to write here', mend: OTHER_FOLDER },
  EPERM: { what: 'there is no permission to write here', mend: OTHER_FOLDER },
  ENOTDIR: { what: 'a part of this path is a file', mend: OTHER_FOLDER },
  EEXIST: { what: 'a part of this path is a file', mend: OTHER_FOLDER },
  EISDIR: { what: 'a folder lies where a file has to be written', mend: OTHER_FOLDER },
  ENOENT: { what: 'the folder is gone', mend: OTHER_FOLDER },
  ENAMETOOLONG: { what: 'the path is too long', mend: 'Choose a shorter one with `out`.' },
  EMFILE: { what: 'too many files are open', mend: 'Raise the limit of open files (`ulimit -n`).' },
};

function writeSynced(path: string, content: Uint8Array | string): void {
  const file = openSync(path, 'w');
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
