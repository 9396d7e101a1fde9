import { readdir } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { AssayError, messageOf } from '#base/errors';
import { alternatives } from '../wording/show.js';

const DATA_NAMES = ['assay.config.json', 'assay.config.jsonc', 'assay.config.yaml', 'assay.config.yml'];
const CODE_NAME = 'assay.config.ts';

/**
 * The one config of a folder. A TypeScript config is code, so it counts only beside a package.json: there the folder
 * is a project whose code its owner runs anyway.
 */
export async function findConfig(folder: string): Promise<string> {
  const files = new Set(await namesIn(folder));
  const hasPackage = files.has('package.json');
  const found = [...DATA_NAMES, ...(hasPackage ? [CODE_NAME] : [])].filter((name) => files.has(name));
  const [name, ...others] = found;
  if (name === undefined) throw noConfig(folder, files.has(CODE_NAME));
  if (others.length > 0) {
    throw new AssayError('config', {
      where: folder,
      what: `there are ${found.length} configs: ${alternatives(found, 'and')}`,
      mend: 'Keep one, or name the one that you mean.',
    });
  }
  return join(folder, name);
}

/** A path as messages name it: relative where it lies in the folder, absolute elsewhere. */
export function nameIn(folder: string, path: string): string {
  const name = relative(folder, path);
  return name === '' || name.startsWith('..') || isAbsolute(name) ? path : name.split(sep).join('/');
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    throw new AssayError('config', { where: folder, what: `the folder cannot be read: ${messageOf(cause)}`, cause });
  }
}

function noConfig(folder: string, hasCode: boolean): AssayError {
  return hasCode
    ? new AssayError('config', {
        where: join(folder, CODE_NAME),
        what: 'a TypeScript config is code, and is read only beside a package.json or when it is named',
        mend: `Name it: assay audit ${CODE_NAME}.`,
      })
    : new AssayError('config', {
        where: folder,
        what: `there is no ${alternatives([...DATA_NAMES, CODE_NAME])}`,
        mend: 'Write one with `assay init model.onnx`, or name the file.',
      });
}
