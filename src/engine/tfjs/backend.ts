import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { messageOf } from '#base/errors';
import { loadNativeTensorFlow } from './native/load.js';
import { registerOwnGradients } from './operators/own-gradients.js';
import './register-gradients.js';
import { scoped } from './value.js';

/** Names of the back ends, as TensorFlow.js registers them. */
export type BackendName = 'tensorflow' | 'wasm' | 'cpu';

/** What executes TensorFlow.js's operations, for the report. */
export interface Backend {
  /** The package that brings it. */
  readonly name: string;
  /** Of TensorFlow where it is native, else of the package. */
  readonly version: string;
  readonly device: string;
  readonly forward: BackendName;
  /** WebAssembly lacks kernels of the way back. */
  readonly gradients: BackendName;
  /** Why it is not a faster one, one sentence each. */
  readonly notes: readonly string[];
}

const require = createRequire(import.meta.url);
const FASTEST_FIRST: readonly BackendName[] = ['tensorflow', 'wasm', 'cpu'];
let chosen: Promise<Backend> | null = null;

/** The fastest back end that works, found once in a process. */
export function backend(): Promise<Backend> {
  return (chosen ??= chooseBackend(FASTEST_FIRST));
}

/**
 * Chooses anew: the first of these that works.
 *
 * @param names in the order in which they are tried; JavaScript, which always works, is the last anyway
 */
export function chooseBackend(names: readonly BackendName[]): Promise<Backend> {
  chosen = firstOf(names);
  return chosen;
}

/**
 * What the report says of a back end, one sentence each.
 *
 * @param rows samples in each execution; null where the file says it
 */
export function backendNotes({ name, version, device, forward, notes }: Backend, rows: number | null): string[] {
  const release = forward === 'tensorflow' ? `TensorFlow ${version}` : version;
  return [
    `executed by TensorFlow.js with ${name} (${release}) on ${device}`,
    ...notes,
    ...(forward === 'cpu' || rows === null
      ? []
      : [`samples run in batches of ${rows}, filled up, so that no result depends on how many come together`]),
  ];
}

/** Lets the operations that follow run there. Tensors of another back end are moved when they are read. */
export function enter(name: BackendName): void {
  if (tf.getBackend() === name) return;
  // It is initialized: what the promise waits for has happened already.
  void tf.setBackend(name);
}

async function firstOf(names: readonly BackendName[]): Promise<Backend> {
  // Without it TensorFlow.js writes advertisements and warnings to stderr.
  tf.enableProdMode();
  registerOwnGradients();
  const notes: string[] = [];
  for (const name of names) {
    const found = await tried(name, notes);
    if (found !== null) return found;
  }
  return (await tried('cpu', notes)) ?? javaScript(notes);
}

async function tried(name: BackendName, notes: string[]): Promise<Backend | null> {
  switch (name) {
    case 'tensorflow':
      return native(notes);
    case 'wasm':
      return webAssembly(notes);
    case 'cpu':
      await tf.setBackend('cpu');
      return javaScript(notes);
  }
}

async function native(notes: string[]): Promise<Backend | null> {
  const loaded = loadNativeTensorFlow();
  if (loaded.state === 'absent') {
    notes.push(
      'native TensorFlow is not installed: run `assay setup tensorflow`, which makes this engine many times faster',
    );
    return null;
  }
  if (loaded.state === 'failed') {
    notes.push(loaded.sentence);
    return null;
  }
  const problem = await problemOf('tensorflow');
  if (problem !== null) {
    notes.push(`native TensorFlow is not used: ${problem}`);
    return null;
  }
  const { package: name, tensorflowVersion: version, device } = loaded;
  return { name, version, device, forward: 'tensorflow', gradients: 'tensorflow', notes };
}

const WASM = '@tensorflow/tfjs-backend-wasm';

async function webAssembly(notes: string[]): Promise<Backend | null> {
  try {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    setWasmPaths(join(dirname(require.resolve(`${WASM}/package.json`)), 'dist') + sep);
  } catch (error) {
    notes.push(`WebAssembly is not used: ${messageOf(error)}`);
    return null;
  }
  const problem = await problemOf('wasm');
  if (problem !== null) {
    notes.push(`WebAssembly is not used: ${problem}`);
    return null;
  }
  return {
    name: WASM,
    version: tf.version_core,
    device: 'WebAssembly',
    forward: 'wasm',
    gradients: 'cpu',
    notes: [...notes, 'gradients and training run in plain JavaScript: WebAssembly lacks their kernels'],
  };
}

function javaScript(notes: readonly string[]): Backend {
  return {
    name: '@tensorflow/tfjs-backend-cpu',
    version: tf.version_core,
    device: 'JavaScript',
    forward: 'cpu',
    gradients: 'cpu',
    notes,
  };
}

/** Why a back end does not compute what it has to; null where it does. */
async function problemOf(name: BackendName): Promise<string | null> {
  try {
    if (!(await tf.setBackend(name))) return 'it cannot be started';
    return scoped(() => (name === 'wasm' ? forwardProblem() : (forwardProblem() ?? gradientProblem())));
  } catch (error) {
    return messageOf(error);
  }
}

/** A convolution of ones: 4 pixels of a corner, 6 of an edge, 9 inside. */
function forwardProblem(): string | null {
  const sums = tf.conv2d(tf.ones<tf.Rank.R4>([1, 4, 4, 1]), tf.ones<tf.Rank.R4>([3, 3, 1, 1]), 1, 'same');
  const wanted = [4, 6, 6, 4, 6, 9, 9, 6, 6, 9, 9, 6, 4, 6, 6, 4];
  return differs('a convolution', sums, wanted);
}

/** Of the squares of those sums by the pixels: twice the sum of the sums around. */
function gradientProblem(): string | null {
  const weights = tf.ones<tf.Rank.R4>([3, 3, 1, 1]);
  const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.square(tf.conv2d(x as tf.Tensor4D, weights, 1, 'same'))));
  const around = [25, 40, 40, 25, 40, 64, 64, 40, 40, 64, 64, 40, 25, 40, 40, 25];
  return differs(
    'the gradient of a convolution',
    gradient(tf.ones([1, 4, 4, 1])),
    around.map((sum) => 2 * sum),
  );
}

function differs(what: string, found: tf.Tensor, wanted: readonly number[]): string | null {
  const data = Array.from(found.dataSync());
  return wanted.every((value, i) => Math.abs(value - (data[i] ?? NaN)) < 1e-4)
    ? null
    : `${what} gives ${data.slice(0, 4).join(', ')} where ${wanted.slice(0, 4).join(', ')} is right`;
}
