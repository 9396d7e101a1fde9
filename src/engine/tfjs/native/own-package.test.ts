import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { SMALL_BINDING, SMALL_VERSION, smallTensorFlow, whenBuildable } from '../../../../test/tensorflow-release.js';
import { temporaryFolder } from '../../../../test/temporary-folder.js';
import { installTensorFlow } from './install.js';
import { installationFor, projectPackages } from './installations.js';
import { loadNativeTensorFlow } from './load.js';
import { tensorFlowRoot } from './places.js';

/** A project whose npm ran all scripts: the binding is built in its `node_modules`. */

const NOTHING_SET_UP = { XDG_CACHE_HOME: temporaryFolder() };
let modules: string;

tf.env().set('PROD', true);

/** @param core where the project's `@tensorflow/tfjs` finds its `@tensorflow/tfjs-core` */
function projectWith(core: string): string {
  const project = temporaryFolder({
    'node_modules/@tensorflow/tfjs/package.json': '{ "name": "@tensorflow/tfjs", "main": "index.js" }',
    'node_modules/@tensorflow/tfjs/index.js': `module.exports = require('@tensorflow/tfjs-core');`,
  });
  for (const name of [SMALL_BINDING, '@mapbox/node-pre-gyp', 'google-protobuf', 'progress']) {
    cpSync(join(modules, name), join(project, 'node_modules', name), { recursive: true });
  }
  symlinkSync(core, join(project, 'node_modules/@tensorflow/tfjs-core'));
  mkdirSync(join(project, 'node_modules/assay'));
  return project;
}

whenBuildable()("a project's own package", () => {
  beforeAll(async () => {
    const release = smallTensorFlow(temporaryFolder());
    const tools = { python: 'python3', from: release.index, cwd: temporaryFolder(), onLine: () => undefined };
    await installTensorFlow(release, tensorFlowRoot(release.env), { ...tools, env: release.env });
    modules = join(installationFor(false, release.env)?.folder ?? '', 'node_modules');
  });

  const OURS = join(packageRoot(), 'node_modules/@tensorflow/tfjs-core');

  test('that was installed without its scripts is none', () => {
    const project = projectWith(OURS);
    const place = join(project, 'node_modules', SMALL_BINDING);
    const beside = join(project, 'node_modules/assay');
    expect(projectPackages(beside)).toEqual([{ package: SMALL_BINDING, gpu: false, place }]);
    rmSync(join(place, 'lib'), { recursive: true });
    expect(projectPackages(beside)).toEqual([]);
    expect(loadNativeTensorFlow(NOTHING_SET_UP, beside)).toEqual({ state: 'absent' });
  });

  test('with another copy of TensorFlow.js is refused', () => {
    const other = temporaryFolder({
      'package.json': '{ "name": "@tensorflow/tfjs-core", "main": "index.js" }',
      'index.js': '',
    });
    const project = projectWith(other);
    expect(loadNativeTensorFlow(NOTHING_SET_UP, project)).toEqual({
      state: 'failed',
      sentence: `${join(project, 'node_modules', SMALL_BINDING)} brings another @tensorflow/tfjs-core than Assay's. Run \`assay setup tensorflow\`, or npm install in the project.`,
    });
  });

  test('without TensorFlow.js is refused', () => {
    const project = projectWith(OURS);
    rmSync(join(project, 'node_modules/@tensorflow/tfjs'), { recursive: true });
    expect(loadNativeTensorFlow(NOTHING_SET_UP, project)).toMatchObject({
      state: 'failed',
      sentence: expect.stringContaining("Cannot find module '@tensorflow/tfjs'") as string,
    });
  });

  test('is the back end where it shares TensorFlow.js with Assay', () => {
    expect(loadNativeTensorFlow(NOTHING_SET_UP, projectWith(OURS))).toMatchObject({
      state: 'loaded',
      package: SMALL_BINDING,
      tensorflowVersion: SMALL_VERSION,
    });
    expect(tf.getBackend()).toBe('tensorflow');
  });
});
