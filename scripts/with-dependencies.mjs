// Installs the dependencies when they are missing or older than the lock file. Plain Node: it runs before they are there.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Milliseconds since 1970 at which the file was last written; null when it is not there. */
function writtenAt(name) {
  return statSync(join(root, name), { throwIfNoEntry: false })?.mtimeMs ?? null;
}

// npm writes this file at the end of every installation.
const installed = writtenAt('node_modules/.package-lock.json');
const locked = writtenAt('package-lock.json');

if (installed === null || (locked !== null && installed < locked)) {
  console.error('Installing dependencies (npm ci) ...');
  const { status, error } = spawnSync('npm', ['ci'], {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
    shell: process.platform === 'win32',
  });
  if (error !== undefined) console.error(`npm could not be started: ${error.message}`);
  process.exitCode = status ?? 1;
}
