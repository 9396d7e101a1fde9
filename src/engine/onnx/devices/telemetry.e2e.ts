import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '#base/package-root';
import { temporaryFolder } from '../../../../test/temporary-folder.js';

/** What a process leaves in the user's cache after it opened and ran a model. */
function leftBy(runtime: string): string[] {
  const cache = temporaryFolder();
  const model = JSON.stringify(join(packageRoot(), 'fixtures/models/fashion-mlp.onnx'));
  const script = `
    const { InferenceSession, Tensor } = ${runtime};
    const session = await InferenceSession.create(${model}, { logSeverityLevel: 4 });
    await session.run({ images: new Tensor('float32', new Float32Array(784), [1, 1, 28, 28]) });
    await session.release();`;
  // Nothing else of the environment: in that of a CI the runtime records nothing by itself.
  const { PATH, HOME } = process.env;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: packageRoot(),
    env: { PATH, HOME, XDG_CACHE_HOME: cache },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return readdirSync(cache);
}

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('ONNX Runtime records nothing about its use, which it would do by itself', () => {
  const ours = JSON.stringify(pathToFileURL(join(packageRoot(), 'dist/src/engine/onnx/devices/runtime.js')).href);
  expect(leftBy(`(await import(${ours})).onnxRuntime()`)).toEqual([]);
  expect(leftBy(`(await import('onnxruntime-node')).default`)).toEqual(['Microsoft']);
});
