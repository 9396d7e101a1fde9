import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { AssayError, errnoOf } from '#base/errors';
import { onDisk } from './atomic.js';
import { checker } from './records.js';

/** Keeps two processes from working in one run folder; a lock whose process is gone is taken over. */
export interface Lock {
  release(): void;
}

const Owner = Type.Object({
  pid: Type.Integer(),
  host: Type.String(),
  /** When the process began, as the system counts it: tells apart two processes that got the same id. */
  began: Type.Union([Type.String(), Type.Null()]),
});
const checkOwner = checker(Owner);

/** @throws AssayError `usage` when another process that is alive, or may be, holds the lock */
export function lockFolder(runFolder: string): Lock {
  const path = join(runFolder, 'lock');
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), began: beginningOf(process.pid) });
  onDisk(runFolder, () => {
    while (!created(path, mine)) takeOver(path);
  });
  return {
    release() {
      if (contentOf(path) === mine) rmSync(path, { force: true });
    },
  };
}

function created(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a stale lock out of the way, or refuses. */
function takeOver(path: string): void {
  const content = contentOf(path);
  if (content === null) return;
  refuseIfHeld(path, content);
  // Of several that take over at once, one succeeds in moving this lock and the others find it gone or changed.
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  if (contentOf(aside) !== content) {
    renameSync(aside, path);
    return;
  }
  rmSync(aside, { force: true });
}

function refuseIfHeld(path: string, content: string): void {
  const checked = checkOwner(parsed(content));
  // A lock that was torn while it was written belongs to a process that is gone.
  if (!('value' in checked)) return;
  const { pid, host, began } = checked.value;
  if (host !== hostname()) {
    throw new AssayError('usage', {
      where: path,
      what: `the run is locked by process ${pid} on ${host}, which cannot be looked at from here`,
      mend: 'Remove this file if that process is gone.',
    });
  }
  if (!isAlive(pid) || beginningOf(pid) !== began) return;
  throw new AssayError('usage', {
    where: path,
    what: `process ${pid} is working in this run folder`,
    mend: 'Wait until it has ended, or stop it.',
  });
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

/** Field 22 of /proc/<pid>/stat (proc(5)); null where the system has no such file. */
function beginningOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in parentheses, may hold spaces: count from behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
