import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf } from '#base/errors';

const TEMPORARY = /\.tmp-(\d+)$/;

/** A name beside `folder` that says which process works in it. */
export function temporaryBeside(folder: string): string {
  return `${folder}.tmp-${process.pid}`;
}

/** Removes the temporary folders in `folder` whose process is gone. */
export function removeLeftovers(folder: string): void {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const owner = TEMPORARY.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) removeFolder(join(folder, name));
  }
}

/** A pip that lost its Assay may still write there for a moment. */
export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** Removes a folder and the one above it as far as nothing is in them. */
export function removeWhenEmpty(folder: string): void {
  for (const path of [folder, dirname(folder)]) {
    if (existsSync(path) && readdirSync(path).length === 0) rmdirSync(path);
  }
}

function isAlive(pid: number): boolean {
  // A folder of this process can only come from another process that had its id.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}
