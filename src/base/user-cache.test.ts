import { homedir } from 'node:os';
import { join } from 'node:path';
import { userCacheFolder } from './user-cache.js';

test.each([
  ['linux', {}, join(homedir(), '.cache/assay')],
  ['linux', { XDG_CACHE_HOME: '/big/cache' }, '/big/cache/assay'],
  // The specification: a path that is not absolute is to be ignored.
  ['linux', { XDG_CACHE_HOME: 'cache' }, join(homedir(), '.cache/assay')],
  ['darwin', { XDG_CACHE_HOME: '/big/cache' }, join(homedir(), 'Library/Caches/assay')],
  ['win32', { LOCALAPPDATA: '/local' }, join('/local/assay/Cache')],
  ['win32', {}, join(homedir(), 'AppData/Local/assay/Cache')],
] as const)('on %s with %j', (platform, env, folder) => {
  expect(userCacheFolder(env, platform)).toBe(folder);
});
