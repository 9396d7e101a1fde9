import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of Assay's own package.json, from the sources, the build and the CommonJS bundles alike. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && manifestName(manifest) === 'assay') return folder;
    const parent = dirname(folder);
    if (parent === folder) throw new Error('the package.json of assay was not found above its own code');
    folder = parent;
  }
}

/**
 * A file or folder that stands among the sources and is no TypeScript, such as a template: there, or where the build put it.
 *
 * @param path from the root, with forward slashes
 */
export function packageFile(path: string): string {
  const source = join(packageRoot(), path);
  return existsSync(source) ? source : join(packageRoot(), 'dist', path);
}

export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  return (manifest as { version: string }).version;
}

function manifestName(path: string): string | undefined {
  const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return (manifest as { name?: string }).name;
}
