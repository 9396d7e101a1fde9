import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '#base/errors';

const TEMPORARY = /\.tmp-(\d+)$/;

/** A name beside `folder` that says which process works in it. */
export function temporaryBeside(folder: string): string {
  return `${folder}.tmp-${process.pid}`;
}

/** Removes the temporary folders in `root` whose process is gone. */
export function removeLeftovers(root: string): void {
  for (const name of readdirSync(root)) {
    const owner = TEMPORARY.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    rmSync(join(root, name), { recursive: true, force: true });
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
