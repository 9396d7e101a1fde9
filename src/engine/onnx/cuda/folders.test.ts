import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../../../test/temporary-folder.js';
import { removeLeftovers } from './folders.js';

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

test('a folder that is not there has no leftovers', () => {
  expect(() => removeLeftovers(join(temporaryFolder(), 'none'))).not.toThrow();
});
