import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { run, succeed, write, type Outcome } from './packed.js';
import { temporaryFolder } from './temporary-folder.js';

/** Projects whose test suites use the package: with the files that users get, beside what is installed here. */

const root = packageRoot();
const installed = join(root, 'node_modules');

/** What npm would pack; that it packs and installs is tested by `pack.e2e.ts`. */
function packedFiles(): readonly string[] {
  const [{ files }] = JSON.parse(succeed(root, 'npm', ['pack', '--dry-run', '--json']).stdout) as [
    { readonly files: readonly { readonly path: string }[] },
  ];
  return files.map(({ path }) => path);
}

/** The example suite of this name, in a project of its own; no registry is asked. */
export function projectOf(example: string): string {
  const project = temporaryFolder();
  cpSync(join(root, 'docs/examples', example), project, { recursive: true });
  const modules = join(project, 'node_modules');
  mkdirSync(modules);
  for (const path of packedFiles()) cpSync(join(root, path), join(modules, 'assay', path));
  for (const name of readdirSync(installed)) {
    if (!name.startsWith('.')) symlinkSync(join(installed, name), join(modules, name));
  }
  return project;
}

export function jest(project: string, ...args: readonly string[]): Outcome {
  return run(project, 'node', [join(installed, 'jest/bin/jest.js'), '--rootDir', project, ...args]);
}

export function vitest(project: string, ...args: readonly string[]): Outcome {
  return run(project, 'node', [join(installed, 'vitest/vitest.mjs'), 'run', '--reporter=verbose', ...args]);
}

export function assay(project: string, ...args: readonly string[]): Outcome {
  return run(project, 'node', [join(project, 'node_modules/assay/dist/src/cli/main.js'), ...args]);
}

export function compile(project: string, files: readonly string[], types: readonly string[]): void {
  const compilerOptions = {
    ...{ module: 'nodenext', moduleResolution: 'nodenext', target: 'es2022', strict: true, noEmit: true, types },
    // Of the packages of others; those of this one are looked at when it is built.
    skipLibCheck: true,
  };
  write(project, { 'tsconfig.json': JSON.stringify({ compilerOptions, files }) });
  succeed(project, 'node', [join(installed, 'typescript/bin/tsc'), '-p', '.']);
}
