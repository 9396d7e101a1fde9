import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { assay } from '../../../test/cli.js';
import { temporaryFolder } from '../../../test/temporary-folder.js';
import { whenPip } from '../../../test/wheels.js';

const onLinux = process.platform === 'linux' && process.arch === 'x64' ? test : test.skip;
const cache = temporaryFolder();
const env = { XDG_CACHE_HOME: cache, PIP_CONFIG_FILE: '/dev/null', PIP_NO_INDEX: '1', PIP_FIND_LINKS: '' };

test.each([
  [[], /^assay: missing required argument 'engine'\.\n$/],
  [['onxn'], /^assay: .*'onxn'.*Allowed choices are onnx, tensorflow\.\n$/],
  [
    ['onnx'],
    /^assay: the ONNX engine needs no setup but for NVIDIA GPUs\. Add --gpu for those: assay setup onnx --gpu\n$/,
  ],
  [['onnx', '--gpu', '--from', 'wheels'], /^assay: --from is for TensorFlow\. .*PIP_FIND_LINKS=wheels.*\n$/],
  [['tensorflow', '--from', './wheels'], /^assay: \/.*\/wheels: there is no such wheel or folder\.\n$/],
  [
    ['onnx', '--gpu', '--python', './python'],
    /^assay: the Python `\/.*\/python` cannot be started \(it was not found\)\..*\n$/,
  ],
])('setup %j ends with 4', (args, sentence) => {
  const { code, stdout, stderr } = assay(['setup', ...args], { env, cwd: temporaryFolder() });
  expect(stderr).toMatch(sentence);
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
});

test.each([
  ['onnxruntime-cuda', '1.0.0-linux-x64/lib', ['onnx', '--gpu']],
  ['tensorflow', '2.0.0-linux-x64/node_modules', ['tensorflow']],
])('what is installed of %s is removed, once', (name, folder, args) => {
  mkdirSync(join(cache, 'assay', name, folder), { recursive: true });
  const remove = (...flags: string[]) => assay(['setup', ...args, '--remove', ...flags], { env });
  const removed = JSON.stringify({ removed: join(cache, 'assay', name) }, null, 2);
  expect(remove('--json')).toMatchObject({ code: 0, stdout: `${removed}\n` });
  expect(readdirSync(cache)).toEqual([]);
  expect(remove()).toMatchObject({ code: 0, stdout: 'Nothing to remove: it is not installed.\n' });
});

onLinux('TensorFlow without a compiler ends with 4 and leaves nothing', () => {
  const { code, stdout, stderr } = assay(['setup', 'tensorflow'], { env: { ...env, CXX: '/nowhere/c++' } });
  expect(stderr).toMatch(/^assay: the C\+\+ compiler `\/nowhere\/c\+\+` of CXX does not run, .*\n$/);
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
  expect(readdirSync(cache)).toEqual([]);
});

test('the doctor says what TensorFlow.js runs on, and what makes it faster', () => {
  const { stdout } = assay(['doctor', '--json'], { env: { XDG_CACHE_HOME: temporaryFolder() } });
  expect(JSON.parse(stdout)).toMatchObject({
    tensorflow: { works: false, because: 'native TensorFlow is not installed' },
  });
});

whenPip()('the pip of the user', () => {
  test('is asked for the pinned wheels, and nothing is kept when it has none', () => {
    const { code, stdout, stderr } = assay(['setup', 'onnx', '--gpu'], { env });
    expect(stderr).toMatch(/^assay: the package index that pip asks has no wheel of onnxruntime-gpu==\d+\.\d+\.\d+ /);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(readdirSync(cache)).toEqual([]);
  });
});
