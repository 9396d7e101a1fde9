// Runs in a process of its own: TensorFlow ends a process whose processor lacks the instructions that it was built for.
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { messageOf } from '#base/errors';
import type { TrialMessage } from '../../installation/trial.js';
import { installationFor } from './installations.js';
import { loadPackage } from './load.js';
import type { Tried } from './prove.js';

/** Of the largest value: sums in float32 are made in another order. */
const TOLERANCE = 1e-4;
const REPETITIONS = 3;

async function prove(gpu: boolean): Promise<TrialMessage<Tried>> {
  tf.env().set('PROD', true);
  const installation = installationFor(gpu, process.env);
  if (installation === null) return { kind: 'fails', sentence: 'it is not installed' };
  const loaded = loadPackage(installation);
  if (loaded.state !== 'loaded') return { kind: 'fails', sentence: loaded.state === 'failed' ? loaded.sentence : '' };
  const found = await computed('tensorflow');
  const wanted = await computed('cpu');
  const difference = Math.max(...wanted.values.map((values, i) => relativeDifference(found.values[i] ?? [], values)));
  // Written so that a NaN fails, too.
  if (!(difference <= TOLERANCE)) throw new Error(`it computes something else than JavaScript (by ${difference})`);
  return {
    kind: 'works',
    tensorflowVersion: loaded.tensorflowVersion,
    device: loaded.device,
    milliseconds: found.milliseconds,
    rssMiB: process.memoryUsage.rss() / 2 ** 20,
  };
}

interface Computed {
  /** The loss and the gradients by pictures, kernel and weights. */
  readonly values: readonly ArrayLike<number>[];
  readonly milliseconds: number;
}

/** A small classifier of pictures with its gradients on a back end, which is the current one for that. */
async function computed(backend: string): Promise<Computed> {
  await tf.setBackend(backend);
  const pictures = tf.tensor4d(waves(2 * 8 * 8 * 3), [2, 8, 8, 3]);
  const kernel = tf.tensor4d(waves(3 * 3 * 3 * 4), [3, 3, 3, 4]);
  const weights = tf.tensor2d(waves(64 * 5), [64, 5]);
  const labels = tf.oneHot(tf.tensor1d([1, 3], 'int32'), 5);
  const loss = (x: tf.Tensor, k: tf.Tensor, w: tf.Tensor): tf.Scalar => {
    const features = tf.maxPool(tf.relu(tf.conv2d(x as tf.Tensor4D, k as tf.Tensor4D, 1, 'same')), 2, 2, 'valid');
    const logits = tf.matMul(tf.reshape(features, [2, 64]), w);
    return tf.neg(tf.mean(tf.mul(labels, tf.logSoftmax(logits))));
  };
  let milliseconds = Infinity;
  let values: readonly ArrayLike<number>[] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    const start = performance.now();
    const { value, grads } = tf.valueAndGrads(loss)([pictures, kernel, weights]);
    values = [value, ...grads].map((tensor) => tensor.dataSync());
    milliseconds = Math.min(milliseconds, performance.now() - start);
  }
  return { values, milliseconds };
}

/** Numbers without a pattern that a wrong layout would leave as it is. */
function waves(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i * 1.7 + 0.3) / 2);
}

function relativeDifference(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let scale = 0;
  let difference = 0;
  for (let i = 0; i < wanted.length; i++) {
    const value = wanted[i] ?? NaN;
    scale = Math.max(scale, Math.abs(value));
    difference = Math.max(difference, Math.abs(value - (found[i] ?? NaN)));
  }
  return difference / scale;
}

const result = await prove(process.argv[2] === 'gpu').catch((thrown: unknown): TrialMessage<Tried> => ({
  kind: 'fails',
  sentence: messageOf(thrown),
}));
// TensorFlow has threads that keep a process alive.
process.send?.(result, () => process.exit());
