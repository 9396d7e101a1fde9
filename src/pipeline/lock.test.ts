import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFolder } from './lock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = () => join(folder, 'lock');
const heldBy = (owner: object) => writeFileSync(path(), JSON.stringify({ host: hostname(), began: null, ...owner }));

test('holds until it is released', () => {
  const lock = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(`process ${process.pid} is working in this run folder`);
  lock.release();
  lockFolder(folder).release();
  expect(readdirSync(folder)).toEqual([]);
});

test('is taken over from a process that is gone', () => {
  heldBy({ pid: spawnSync(process.execPath, ['-e', '']).pid });
  const lock = lockFolder(folder);
  expect(readFileSync(path(), 'utf8')).toContain(String(process.pid));
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

test('is taken over when it was torn while it was written', () => {
  for (const torn of ['', '{"pid":1']) {
    writeFileSync(path(), torn);
    lockFolder(folder).release();
  }
  expect(existsSync(path())).toBe(false);
});

(existsSync('/proc/self/stat') ? test : test.skip)('is taken over from a process whose id another one got', () => {
  const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)']);
  try {
    heldBy({ pid: other.pid, began: '1' });
    lockFolder(folder).release();
  } finally {
    other.kill('SIGKILL');
  }
});

test('is not taken from another machine, whose processes cannot be seen', () => {
  heldBy({ pid: 1, host: 'elsewhere' });
  expect(() => lockFolder(folder)).toThrow(/locked by process 1 on elsewhere.*Remove this file/);
});

test('a lock that somebody else took meanwhile is not removed', () => {
  const lock = lockFolder(folder);
  heldBy({ pid: 1, host: 'elsewhere' });
  lock.release();
  expect(existsSync(path())).toBe(true);
});
