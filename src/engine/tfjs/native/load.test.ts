import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { cpSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  SMALL_BINDING,
  SMALL_VERSION,
  smallTensorFlow,
  whenBuildable,
  type SmallTensorFlow,
} from '../../../../test/tensorflow-release.js';
import { temporaryFolder } from '../../../../test/temporary-folder.js';
import { describeNativeTensorFlow } from './describe.js';
import { installTensorFlow } from './install.js';
import { installationFor, type TensorFlowInstallation } from './installations.js';
import { loadNativeTensorFlow } from './load.js';
import { tensorFlowRoot } from './places.js';
import { keepProof, type TensorFlowProof } from './proofs.js';

const WORKS: TensorFlowProof = {
  works: true,
  tensorflowVersion: SMALL_VERSION,
  device: 'cpu',
  milliseconds: 1,
  rssMiB: 100,
};

/** Methods that the real package's kernels call on tensors. */
interface Chained {
  dataSync(): Float32Array;
  toInt(): Chained;
  flatten(): Chained;
  sub(other: tf.Tensor): Chained;
  mul(other: tf.Tensor): Chained;
}

let whole: SmallTensorFlow;

/** Makes the installation that the others are copies of. */
async function installOnce(): Promise<void> {
  whole = smallTensorFlow(temporaryFolder());
  const tools = { python: 'python3', from: whole.index, cwd: temporaryFolder(), onLine: () => undefined };
  await installTensorFlow(whole, tensorFlowRoot(whole.env), { ...tools, env: whole.env });
}

function installed(proof: TensorFlowProof | null): TensorFlowInstallation {
  const cache = temporaryFolder();
  cpSync(whole.env['XDG_CACHE_HOME'] ?? '', cache, { recursive: true });
  const installation = installationFor(false, { XDG_CACHE_HOME: cache });
  if (installation === null) throw new Error('it is not where it is looked for');
  if (proof !== null) keepProof(installation, proof);
  return installation;
}

function environmentOf({ folder }: TensorFlowInstallation): { readonly XDG_CACHE_HOME: string } {
  return { XDG_CACHE_HOME: join(folder, '../../..') };
}

tf.env().set('PROD', true);

test('what is not installed is absent, and the doctor says how to get it', () => {
  const env = { XDG_CACHE_HOME: temporaryFolder() };
  expect(loadNativeTensorFlow(env)).toEqual({ state: 'absent' });
  expect(describeNativeTensorFlow(env)).toEqual({
    works: false,
    because: 'native TensorFlow is not installed',
    mend: process.platform === 'linux' && process.arch === 'x64' ? 'Run `assay setup tensorflow`.' : null,
  });
});

whenBuildable()('an installation', () => {
  beforeAll(installOnce);

  test('that was not tried on this machine is not loaded', () => {
    const env = environmentOf(installed(null));
    const because = 'TensorFlow 2.21.0 is installed and was not tried on this machine with this Node';
    const mend = 'Run `assay setup tensorflow`, which tries it.';
    expect(loadNativeTensorFlow(env)).toEqual({ state: 'failed', sentence: `${because}. ${mend}` });
    expect(describeNativeTensorFlow(env)).toEqual({ works: false, because, mend });
    expect(tf.findBackendFactory('tensorflow')).toBeNull();
  });

  test('that was tried elsewhere is not loaded', () => {
    const installation = installed(WORKS);
    const proofs = join(installation.folder, 'proofs');
    const [name = ''] = readdirSync(proofs);
    renameSync(join(proofs, name), join(proofs, 'of-another-machine.json'));
    expect(loadNativeTensorFlow(environmentOf(installation))).toMatchObject({ state: 'failed' });
  });

  test('that failed when it was tried is not loaded, and the reason stays', () => {
    const env = environmentOf(installed({ works: false, because: 'the process that tried it died (SIGILL)' }));
    const mend = 'Run `assay setup tensorflow` again when it is mended.';
    expect(loadNativeTensorFlow(env)).toEqual({
      state: 'failed',
      sentence: `the process that tried it died (SIGILL). ${mend}`,
    });
  });

  test('that is broken leaves no back end behind', () => {
    const index = `
      const tf = require('@tensorflow/tfjs');
      tf.registerKernel({ kernelName: 'Add', backendName: 'tensorflow', kernelFunc: () => null });
      tf.registerBackend('tensorflow', () => null, 3);
      throw new Error('broken on purpose');`;
    const broken = installed(WORKS);
    writeFileSync(join(broken.place, 'dist/index.js'), index);
    const env = environmentOf(broken);
    expect(loadNativeTensorFlow(env)).toEqual({
      state: 'failed',
      sentence: `${SMALL_BINDING} cannot be loaded (broken on purpose). Run \`assay setup tensorflow\` again.`,
    });
    expect(tf.findBackendFactory('tensorflow')).toBeNull();
    expect(tf.getKernel('Add', 'tensorflow')).toBeUndefined();
  });

  test('whose library is gone says so', () => {
    const broken = installed(WORKS);
    rmSync(join(broken.place, 'deps/lib/libtensorflow_cc.so.2'));
    expect(loadNativeTensorFlow(environmentOf(broken))).toMatchObject({
      state: 'failed',
      sentence: expect.stringMatching(
        /cannot be loaded \((?:Error: )?libtensorflow_cc\.so\.2: .*Run `assay setup/,
      ) as string,
    });
  });

  test('is the back end of the one TensorFlow.js in the process, without a library path', async () => {
    const env = environmentOf(installed(WORKS));
    const loaded = loadNativeTensorFlow(env);
    expect(loaded).toMatchObject({
      state: 'loaded',
      package: SMALL_BINDING,
      tensorflowVersion: SMALL_VERSION,
      device: 'cpu',
    });
    expect(loadNativeTensorFlow(env)).toBe(loaded);
    expect(tf.getBackend()).toBe('tensorflow');
    // A gradient takes the kernels of the back end and the gradients of the core: d/dx of x^2 at 3, through a method.
    const square = (x: tf.Tensor): tf.Tensor => tf.sum(tf.mul(x, x));
    expect(
      tf
        .grad(square)(tf.tensor1d([3, -1]))
        .dataSync(),
    ).toEqual(Float32Array.of(6, -2));
    const one = tf.tensor1d([1.5]) as unknown as Chained;
    expect(one.toInt().dataSync()).toEqual(Int32Array.of(1));
    expect(
      one
        .sub(tf.tensor1d([3]))
        .mul(tf.scalar(2))
        .flatten()
        .dataSync(),
    ).toEqual(Float32Array.of(-3));
    expect(describeNativeTensorFlow(env)).toMatchObject({ works: true, version: SMALL_VERSION, device: 'cpu' });
    await expect(loaded.state === 'loaded' ? loaded.node.loadSavedModel('') : null).resolves.toBe(SMALL_VERSION);
  });
});
