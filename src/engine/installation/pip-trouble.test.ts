import { pipTrouble } from './pip-trouble.js';

/** What pip 23.2 prints, shortened. What a test can provoke in pip itself is in `install.test.ts`. */
test.each([
  [
    'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\nWARNING: ...',
    'output',
    /^\/cache: the disk is full\. .*XDG_CACHE_HOME/,
  ],
  [
    "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<...>: Failed to establish a new connection: [Errno -2] Name or service not known')': /simple/x/\nERROR: No matching distribution found for x==1",
    'setup',
    /^pip could not reach its package index \(\[Errno -2\] Name or service not known\)\./,
  ],
  [
    'ERROR: Could not install packages due to an EnvironmentError: HTTPSConnectionPool: Max retries exceeded (SSLError(...))',
    'setup',
    /^pip could not reach its package index \(Max retries\)\./,
  ],
  [
    'ERROR: Invalid requirement: what.',
    'setup',
    /^pip failed \(Invalid requirement: what\)\. Nothing was installed\.$/,
  ],
  ['Traceback\nMemoryError', 'setup', /^pip failed \(MemoryError\)\./],
])('%#', (output, code, sentence) => {
  const error = pipTrouble(output, '/cache');
  expect(error.code).toBe(code);
  expect(error.message).toMatch(sentence);
});
