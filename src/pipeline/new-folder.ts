import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder, onDisk, syncFolder, writeAtomically } from './atomic.js';

/** A file that is written already, on the disk of the folder: it is moved there. */
export interface WrittenFile {
  readonly moved: string;
}

export type Content = Uint8Array | string | WrittenFile;

/**
 * Writes files into a new folder below `out`: all of them are there, or there is no folder.
 *
 * @param name of the folder; a number is added where it is taken
 * @returns the folder
 * @throws AssayError `output` when the disk refuses
 */
export function writeFolder(out: string, name: string, files: ReadonlyMap<string, Content>): string {
  const folder = firstFree(join(out, name));
  const unfinished = `${folder}.${process.pid}.tmp`;
  try {
    makeFolder(unfinished);
    for (const below of new Set([...files.keys()].map((path) => dirname(path)))) makeFolder(join(unfinished, below));
    for (const [path, content] of files) put(join(unfinished, path), content);
    onDisk(out, () => {
      renameSync(unfinished, folder);
      syncFolder(out);
    });
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

function put(path: string, content: Content): void {
  if (typeof content === 'string' || content instanceof Uint8Array) writeAtomically(path, content);
  else {
    onDisk(path, () => {
      renameSync(content.moved, path);
      syncFolder(dirname(path));
    });
  }
}

function firstFree(folder: string): string {
  for (let attempt = 1; ; attempt++) {
    const name = attempt === 1 ? folder : `${folder}-${attempt}`;
    if (!existsSync(name)) return name;
  }
}
