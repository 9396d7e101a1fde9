import { compilerTrouble } from './compile.js';
import { npmTrouble } from './npm-trouble.js';

const PROGRESS = { name: 'progress', version: '2.0.3', integrity: '' };

/** What npm 10 prints, shortened. What a test can provoke in npm itself is in `install.test.ts`. */
test.each([
  ['npm error code ENOSPC\nnpm error nospc There appears to be insufficient space', 'output', /^the disk is full\. /],
  [
    'npm ERR! code E404\nnpm ERR! 404 Not Found - GET https://registry/progress - Not found',
    'setup',
    /^the registry that npm asks has no progress 2\.0\.3\. Nothing was installed\. .*npm config get registry/,
  ],
  [
    'npm error code ETARGET\nnpm error notarget No matching version found for progress@2.0.3.',
    'setup',
    /^the registry that npm asks has no progress 2\.0\.3\./,
  ],
  [
    'npm error code UNABLE_TO_VERIFY_LEAF_SIGNATURE\nnpm error unable to verify the first certificate',
    'setup',
    /^npm could not reach its registry for progress \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)\./,
  ],
  [
    'npm error code EAI_AGAIN\nnpm error request to https://registry/progress failed, reason: getaddrinfo EAI_AGAIN registry',
    'setup',
    /^npm could not reach its registry for progress \(EAI_AGAIN\)\./,
  ],
  [
    'npm error code E401\nnpm error Incorrect or missing password.',
    'setup',
    /^npm could not fetch progress 2\.0\.3 \(Incorrect or missing password\)\. Nothing was installed\.$/,
  ],
  ['Segmentation fault', 'setup', /^npm could not fetch progress 2\.0\.3 \(Segmentation fault\)\./],
])('npm: %#', (output, code, sentence) => {
  const error = npmTrouble(output, PROGRESS);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(sentence);
});

test.each([
  [
    '/cache/cc.s: fatal error: error writing to /cache/cc.s: No space left on device',
    'output',
    /^\/cache: the disk is full/,
  ],
  [
    'In file included from a.cc:1:\na.cc:2:10: fatal error: node_api.h: No such file or directory\ncompilation terminated.',
    'setup',
    /^`g\+\+ -m64` could not build the binding .*\(a\.cc:2:10: fatal error: node_api\.h: No such file or directory\)\. /,
  ],
  [
    "ld: a.o: undefined reference to `TF_Version'\ncollect2: error: ld returned 1",
    'setup',
    /\(ld: a\.o: undefined reference/,
  ],
  ['c++: fatal error: Killed signal terminated program cc1plus', 'setup', /Killed signal terminated program cc1plus\)/],
])('compiler: %#', (output, code, sentence) => {
  const error = compilerTrouble('g++ -m64', output, '/cache');
  expect(error.code).toBe(code);
  expect(error.message).toMatch(sentence);
});
