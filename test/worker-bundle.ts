import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { packageRoot } from '#base/package-root';
import { temporaryFolder } from './temporary-folder.js';

/** A program of the tests as one file, beside links to what it reads of the project. */
export async function bundleWorker(name: string, reads: readonly string[]): Promise<string> {
  const folder = temporaryFolder();
  for (const read of reads) symlinkSync(join(packageRoot(), read), join(folder, read));
  await build({
    entryPoints: [join(packageRoot(), `test/${name}.ts`)],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What is loaded when it is asked for, such as another engine, stays apart.
    splitting: true,
    platform: 'node',
    format: 'esm',
    conditions: ['assay-source'],
    packages: 'external',
    logLevel: 'error',
  });
  return join(folder, `${name}.mjs`);
}

export function bundleDeviceWorker(): Promise<string> {
  return bundleWorker('device-worker', ['node_modules', 'fixtures', 'package.json']);
}
