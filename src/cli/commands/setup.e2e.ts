import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { assay } from '../../../test/cli.js';
import { temporaryFolder } from '../../../test/temporary-folder.js';
import { whenPip } from '../../../test/wheels.js';

const cache = temporaryFolder();
const env = { XDG_CACHE_HOME: cache, PIP_CONFIG_FILE: '/dev/null', PIP_NO_INDEX: '1', PIP_FIND_LINKS: '' };

test.each([
  [[], /^assay: missing required argument 'engine'\.\n$/],
  [['onxn'], /^assay: .*'onxn'.*Allowed choices are onnx\.\n$/],
  [
    ['onnx'],
    /^assay: the ONNX engine needs no setup but for NVIDIA GPUs\. Add --gpu for those: assay setup onnx --gpu\n$/,
  ],
  [
    ['onnx', '--gpu', '--python', './python'],
    /^assay: the Python `\/.*\/python` cannot be started \(it was not found\)\..*\n$/,
  ],
])('setup %j ends with 4', (args, sentence) => {
  const { code, stdout, stderr } = assay(['setup', ...args], { env, cwd: temporaryFolder() });
  expect(stderr).toMatch(sentence);
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
});

test('what is installed is removed, once', () => {
  mkdirSync(join(cache, 'assay/onnxruntime-cuda/1.0.0-linux-x64/lib'), { recursive: true });
  const remove = (...flags: string[]) => assay(['setup', 'onnx', '--gpu', '--remove', ...flags], { env });
  const removed = JSON.stringify({ removed: join(cache, 'assay/onnxruntime-cuda') }, null, 2);
  expect(remove('--json')).toMatchObject({ code: 0, stdout: `${removed}\n` });
  expect(readdirSync(cache)).toEqual([]);
  expect(remove()).toMatchObject({ code: 0, stdout: 'Nothing to remove: it is not installed.\n' });
});

whenPip()('the pip of the user', () => {
  test('is asked for the pinned wheels, and nothing is kept when it has none', () => {
    const { code, stdout, stderr } = assay(['setup', 'onnx', '--gpu'], { env });
    expect(stderr).toMatch(/^assay: the package index that pip asks has no wheel of onnxruntime-gpu==\d+\.\d+\.\d+ /);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(readdirSync(cache)).toEqual([]);
  });
});
