import { extname } from 'node:path';
import { AssayError } from '#base/errors';
import { Source, type Document } from './document.js';
import { parseJsonc } from './jsonc.js';
import { importModule } from './module.js';
import { readText, type NamedFile } from './text.js';

export function isCode(path: string): boolean {
  return extname(path) === '.ts';
}

/** A JSON or YAML file, by the end of its name. Runs nothing. */
export async function readDocument(file: NamedFile): Promise<Document> {
  switch (extname(file.path)) {
    case '.json':
    case '.jsonc':
      return parseJsonc(new Source(file, await readText(file)));
    case '.yaml':
    case '.yml':
      return (await import('./yaml.js')).parseYaml(new Source(file, await readText(file)));
    default:
      throw new AssayError(file.code, {
        where: file.name,
        what: 'the name does not say what the file is: it must end in .json, .jsonc, .yaml or .yml, or a config in .ts',
      });
  }
}

/** The default export of a TypeScript file. Runs it: the user named it, or it was found beside a package.json. */
export async function readCode(file: NamedFile): Promise<unknown> {
  // A missing file, a folder or a binary is refused in the same words as for data.
  await readText(file);
  const { default: value } = await importModule(file);
  if (value !== undefined) return value;
  throw new AssayError(file.code, {
    where: file.name,
    what: 'the module has no default export',
    mend: 'Write `export default { ... }`.',
  });
}
