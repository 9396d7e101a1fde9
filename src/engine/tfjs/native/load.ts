import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import * as core from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { messageOf } from '#base/errors';
import { packageRoot } from '#base/package-root';
import { keepSinglePrecision } from '../../installation/library.js';
import type { Environment } from '../../installation/program.js';
import { chainOperations } from './chained-operations.js';
import {
  commandFor,
  obstacleOf,
  projectPackages,
  tensorFlowInstallations,
  type NativePackage,
} from './installations.js';
import { BINDING, tensorFlowRoot } from './places.js';
import { UNION } from './stand-ins.js';

/** Whether TensorFlow's own kernels are a back end of TensorFlow.js in this process, under the name `tensorflow`. */
export type NativeTensorFlow =
  | { readonly state: 'absent' }
  | LoadedTensorFlow
  | {
      readonly state: 'failed';
      /** What is wrong and what helps. */
      readonly sentence: string;
    };

export interface LoadedTensorFlow {
  readonly state: 'loaded';
  readonly package: string;
  readonly tensorflowVersion: string;
  readonly device: 'cpu' | 'cuda';
  readonly node: NodeApi;
}

/** What the package offers beside the back end. */
export interface NodeApi {
  /** The signatures of a SavedModel, read from a folder. */
  readonly getMetaGraphsFromSavedModel: (folder: string) => Promise<readonly unknown[]>;
  readonly loadSavedModel: (
    folder: string,
    tags?: string[],
    signature?: string,
  ) => Promise<core.InferenceModel & { dispose(): void }>;
}

interface Binding {
  readonly TF_Version: string;
  readonly isUsingGpuDevice: () => boolean;
}

const BACKEND = 'tensorflow';

const require = createRequire(import.meta.url);
/** By the folder that holds every version, and the project. */
const answers = new Map<string, NativeTensorFlow>();

/**
 * Makes native TensorFlow the back end of TensorFlow.js, of the one copy that Assay uses: what `assay setup tensorflow`
 * installed and proved on this machine, else what the project's own packages brought; for a GPU before for the CPU. May be
 * called again.
 */
export function loadNativeTensorFlow(env: Environment = process.env, project = packageRoot()): NativeTensorFlow {
  const key = `${tensorFlowRoot(env)}\n${project}`;
  const answer = answers.get(key) ?? loadFirst(env, project);
  answers.set(key, answer);
  return answer;
}

function loadFirst(env: Environment, project: string): NativeTensorFlow {
  const attempts = [
    ...tensorFlowInstallations(env).map((installation) => () => loadProved(installation)),
    ...projectPackages(project).map((own) => () => loadOwn(own)),
  ];
  let failure: NativeTensorFlow | undefined;
  for (const attempt of attempts) {
    const loaded = attempt();
    if (loaded.state === 'loaded') return loaded;
    failure ??= loaded;
  }
  return failure ?? { state: 'absent' };
}

function loadProved(installation: Parameters<typeof obstacleOf>[0]): NativeTensorFlow {
  const obstacle = obstacleOf(installation);
  return obstacle === null ? loadPackage(installation) : failed(`${obstacle.because}. ${obstacle.mend}`);
}

/** The project's package takes TensorFlow.js from the project. */
function loadOwn(own: NativePackage): NativeTensorFlow {
  const mend = `Run \`${commandFor(own.gpu)}\`, or npm install in the project.`;
  try {
    const its = createRequire(createRequire(join(own.place, 'package.json')).resolve('@tensorflow/tfjs'));
    if (its.resolve('@tensorflow/tfjs-core') === require.resolve('@tensorflow/tfjs-core')) return loadPackage(own);
  } catch (error) {
    return failed(`${own.place} cannot be loaded (${reasonOf(error)}). ${mend}`);
  }
  return failed(`${own.place} brings another @tensorflow/tfjs-core than Assay's. ${mend}`);
}

function reasonOf(error: unknown): string {
  return messageOf(error).replace(/ Require stack:.*/, '');
}

/** Loads without asking whether it was proved: a machine that lacks the processor's instructions for it ends here. */
export function loadPackage({ package: name, place, gpu }: NativePackage): NativeTensorFlow {
  quieten();
  keepSinglePrecision();
  restoreUtil();
  chainOperations();
  try {
    const { node } = withUnion(() => require(place) as { readonly node: NodeApi });
    const binding = require(join(place, BINDING)) as Binding;
    return {
      state: 'loaded',
      package: name,
      tensorflowVersion: binding.TF_Version,
      device: binding.isUsingGpuDevice() ? 'cuda' : 'cpu',
      node,
    };
  } catch (error) {
    forget();
    return failed(`${name} cannot be loaded (${reasonOf(error)}). Run \`${commandFor(gpu)}\` again.`);
  }
}

function failed(sentence: string): NativeTensorFlow {
  return { state: 'failed', sentence };
}

/** What came before it failed would be in the way of the next one, and of whoever asks which back ends there are. */
function forget(): void {
  for (const { kernelName } of core.getKernelsForBackend(BACKEND)) core.unregisterKernel(kernelName, BACKEND);
  const factory: unknown = core.findBackendFactory(BACKEND);
  if (factory !== null) core.removeBackend(BACKEND);
}

/** What `@tensorflow/tfjs` is to a package in the cache: the parts that are in this process already. */
function withUnion<T>(load: () => T): T {
  const key = Symbol.for(UNION);
  Reflect.set(globalThis, key, { ...core, ...layers });
  try {
    return load();
  } finally {
    Reflect.deleteProperty(globalThis, key);
  }
}

/** TensorFlow would tell on stderr what it finds on the machine, and take all memory of a GPU at once. */
function quieten(): void {
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '3';
  process.env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
}

/** Node 23 took away what the package calls, and Node 22 warns when it is called. */
function restoreUtil(): void {
  Object.assign(util, {
    isArray: Array.isArray,
    isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
  });
}
