import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../../../test/temporary-folder.js';
import { keepProofs, keptProofs } from './kept-proofs.js';
import type { DeviceProof } from './prove.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const WORKS: DeviceProof = {
  device: 'webgpu',
  works: true,
  milliseconds: 2,
  cpuMilliseconds: 30,
  rssMiB: 100,
  software: null,
  adapter: 'amdgpu',
};
const FAILS: DeviceProof = { device: 'cuda', works: false, because: 'it is not there', mend: null };

const before = { ...process.env };
beforeEach(() => {
  process.env['XDG_CACHE_HOME'] = temporaryFolder();
});
afterAll(() => {
  process.env = before;
});

test('what was proved is known to the next process, and the later proof of a device counts', () => {
  expect(keptProofs()).toEqual([]);
  keepProofs([WORKS]);
  keepProofs([FAILS]);
  expect(keptProofs()).toEqual([WORKS, FAILS]);
  keepProofs([{ ...WORKS, milliseconds: 1 }]);
  expect(keptProofs()).toEqual([FAILS, { ...WORKS, milliseconds: 1 }]);
});

test('another driver makes it void', () => {
  keepProofs([WORKS]);
  process.env['VK_DRIVER_FILES'] = '/elsewhere.json';
  expect(keptProofs()).toEqual([]);
  delete process.env['VK_DRIVER_FILES'];
  expect(keptProofs()).toEqual([WORKS]);
});

test('a week makes it void', () => {
  const now = Date.now();
  keepProofs([WORKS], now);
  expect(keptProofs(now + 6 * DAY_MS)).toEqual([WORKS]);
  expect(keptProofs(now + 8 * DAY_MS)).toEqual([]);
  expect(keptProofs(now - 8 * DAY_MS)).toEqual([]);
});

test.each(['', '{', '{"machine":1}', 'null', '[]'])('a damaged file %j is none', (content) => {
  const folder = join(process.env['XDG_CACHE_HOME'] ?? '', 'assay');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'devices.json'), content);
  expect(keptProofs()).toEqual([]);
  keepProofs([WORKS]);
  expect(keptProofs()).toEqual([WORKS]);
});

test('a cache that cannot be written is none, and no error', () => {
  const file = join(temporaryFolder({ file: '' }), 'file');
  process.env['XDG_CACHE_HOME'] = file;
  keepProofs([WORKS]);
  expect(keptProofs()).toEqual([]);
});
