import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf } from '#base/errors';

const TEMPORARY = /\.tmp-(\d+)$/;

/** A name beside `folder` that says which process works in it. */
export function temporaryBeside(folder: string): string {
  return `${folder}.tmp-${process.pid}`;
}

/** Removes the temporary folders in `folder` whose process is gone, and ends what that process had started there. */
export function removeLeftovers(folder: string): void {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const owner = TEMPORARY.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    endProcessesIn(join(folder, name));
    removeFolder(join(folder, name));
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

/** A pip or a compiler outlives an Assay that was killed, and would write there again. Only Linux tells who it is. */
function endProcessesIn(folder: string): void {
  for (const pid of existsSync('/proc/self/cwd') ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : []) {
    try {
      if (`${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${folder}/`)) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended, or is somebody else's.
      continue;
    }
  }
}

function isAlive(pid: number): boolean {
  // A folder of this process can only come from another process that had its id.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

/** A process that was killed and that nobody has waited for, as in a container without an init. */
function isZombie(pid: number): boolean {
  try {
    // `pid (name) state ...`, and a name may hold brackets (proc_pid_stat(5)).
    return /^.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
