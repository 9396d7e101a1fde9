import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../../test/temporary-folder.js';
import { removeLeftovers } from './folders.js';

const onLinux = process.platform === 'linux' ? test : test.skip;

test('what processes that are gone left behind is removed, and nothing else', () => {
  const gone = spawnSync('true').pid;
  const folder = temporaryFolder({
    [`1.30.0.tmp-${gone}/wheels/half.so`]: '',
    [`1.30.0.tmp-${process.ppid}/wheels/half.so`]: '',
    '1.30.0/lib/whole.so': '',
    [`${gone}`]: '',
  });
  removeLeftovers(folder);
  expect(readdirSync(folder).sort()).toEqual([`${gone}`, '1.30.0', `1.30.0.tmp-${process.ppid}`].sort());
});

onLinux('what a process that is gone had started there is ended, and nothing else', async () => {
  const gone = spawnSync('true').pid;
  const folder = temporaryFolder({ [`a.tmp-${gone}/pip/half`]: '', 'b/whole': '' });
  const start = (name: string) => spawn('sleep', ['100'], { cwd: join(folder, name) });
  const [left, other] = [start(`a.tmp-${gone}/pip`), start('b')];
  const ended = once(left, 'exit');
  removeLeftovers(folder);
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(readdirSync(folder)).toEqual(['b']);
  expect(other.exitCode ?? other.signalCode).toBeNull();
  other.kill();
});

onLinux('what a process left behind that was killed and not waited for is removed', () => {
  // Nothing else runs in between, so this process has not waited for it.
  const killed = spawn('sleep', ['100']);
  const folder = temporaryFolder({ [`a.tmp-${killed.pid}/half`]: '' });
  killed.kill('SIGKILL');
  spawnSync('sleep', ['0.2']);
  removeLeftovers(folder);
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder that is not there has no leftovers', () => {
  expect(() => removeLeftovers(join(temporaryFolder(), 'none'))).not.toThrow();
});
