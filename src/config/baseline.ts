import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AssayError, errnoOf, messageOf } from '#base/errors';
import { nameIn } from './document/find.js';
import type { BaselineText } from './loaded.js';

/**
 * Reads the file that a config names as its baseline; null without one. What is in it is checked where runs are judged.
 *
 * @throws AssayError `config` where it cannot be read: a run that cannot be compared must not look as if it had been
 */
export async function readBaseline(path: string | null, cwd: string): Promise<BaselineText | null> {
  if (path === null) return null;
  const file = resolve(cwd, path);
  try {
    return { file, text: await readFile(file, 'utf8') };
  } catch (cause) {
    const missing = errnoOf(cause) === 'ENOENT';
    throw new AssayError('config', {
      where: nameIn(cwd, file),
      what: missing ? 'there is no such baseline' : `the baseline cannot be read: ${messageOf(cause)}`,
      mend: 'Write one with `assay bless <run>`, or leave out `baseline`.',
      cause,
    });
  }
}
