import { basename, dirname, resolve } from 'node:path';
import { digestOfJson, type Digest } from '#base/digest';
import { AssayError } from '#base/errors';
import { readSourceFile } from '#data/file';
import type { NamedText } from '#plugin/plugin';

/** Files that options name, by their paths as they stand there. */
export type NamedFiles = Readonly<Record<string, NamedText>>;

/** A million lines. */
const MOST_BYTES = 2 ** 28;

/**
 * Reads a text file that options of a config name.
 *
 * @param config the path of the config, to which the other is relative
 * @throws AssayError `data` where it cannot be read
 */
export async function readNamed(path: string, config: string): Promise<NamedText> {
  const file = await readSourceFile(resolve(dirname(config), path), MOST_BYTES);
  return { name: basename(path), text: new TextDecoder().decode(file.bytes), sha256: file.digest };
}

/** @throws AssayError `data` where one of them cannot be read */
export async function readAllNamed(paths: readonly string[], config: string): Promise<NamedFiles> {
  const files = new Map<string, NamedText>();
  for (const path of paths) files.set(path, await readNamed(path, config));
  return Object.fromEntries(files);
}

/** What a cell's digest has of the files that its options name; nothing where they name none. */
export function digestOfNamed(files: NamedFiles): { readonly files?: Digest } {
  const hashes = Object.entries(files).map(([path, { sha256 }]) => [path, sha256]);
  return hashes.length === 0 ? {} : { files: digestOfJson(hashes) };
}

/** Gives those that were read, and no other. */
export function readerOf(files: NamedFiles): (path: string) => Promise<NamedText> {
  return (path) => {
    const file = Object.hasOwn(files, path) ? files[path] : undefined;
    if (file !== undefined) return Promise.resolve(file);
    return Promise.reject(
      new AssayError('plugin', { where: path, what: 'the plugin asks for a file that its options do not name' }),
    );
  };
}
