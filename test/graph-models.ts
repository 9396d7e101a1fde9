/** GraphModels of TensorFlow.js written by hand, executed by TensorFlow.js and, lowered, by ONNX Runtime. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelBytes } from '#engine/index';
import { sizeOf } from '#base/tensor';
import { lowerGraphModel } from '../src/engine/formats/graph-model/index.js';
import { gradientRules } from '../src/engine/onnx/autodiff/rules/index.js';
import type { Graph } from '../src/engine/onnx/graph/ir.js';
import { decodeModel } from '../src/engine/onnx/proto/codec.js';
import type { RuntimeValue } from '../src/engine/onnx/session.js';
import { noise } from './graph-model-files.js';
import { executeGraph } from './onnx-graphs.js';
import { vectorJacobian } from './vector-jacobian.js';

// Without it TensorFlow.js writes advertisements and warnings.
tf.enableProdMode();

export * from './graph-model-files.js';

/** Loads a model in TensorFlow.js, all from memory. */
export async function loadInTensorFlow(model: ModelBytes): Promise<Awaited<ReturnType<typeof loadGraphModel>>> {
  const json = JSON.parse(new TextDecoder().decode(model.files.get(model.main))) as tf.io.ModelJSON;
  return loadGraphModel({
    load: () =>
      tf.io.getModelArtifactsForJSON(json, (manifest) => {
        const paths = manifest.flatMap((group) => group.paths);
        const bytes = Buffer.concat(paths.map((path) => model.files.get(path) ?? new Uint8Array()));
        return Promise.resolve([tf.io.getWeightSpecs(manifest), Uint8Array.from(bytes).buffer]);
      }),
  });
}

export interface Fed {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly dtype?: 'float32' | 'int32' | 'bool';
}

export function fed(shape: readonly number[], values: readonly number[] = noise(sizeOf(shape), 2)): Fed {
  return { shape, values };
}

export type Feeds = Readonly<Record<string, Fed>>;

/** What differs, each relative to the largest value of its kind. */
export interface Differences {
  readonly outputs: number;
  /** Of the gradients by all real inputs of a fixed weighted sum of the first output. */
  readonly gradients: number;
}

export async function loweredGraph(model: ModelBytes): Promise<Graph> {
  return decodeModel((await lowerGraphModel(model)).model);
}

/**
 * Where the expected gradient comes from: TensorFlow.js's own; where that is missing or wrong, and the model is linear in
 * its inputs up to an offset, from its outputs for one input after the other; or from nowhere.
 */
export type GradientOracle = 'own' | 'linear' | 'none';

/** Runs a model in both, and its gradient. */
export async function differences(
  model: ModelBytes,
  feeds: Feeds,
  oracle: GradientOracle = 'own',
): Promise<Differences> {
  const graph = await loweredGraph(model);
  const own = await executeGraph(graph, runtimeFeeds(feeds));
  const loaded = await loadInTensorFlow(model);
  const given = Object.fromEntries(
    Object.entries(feeds).map(([name, { shape, values, dtype = 'float32' }]) => [
      name,
      tf.tensor([...values], [...shape], dtype),
    ]),
  );
  const names = graph.outputs.map(({ name }) => name);
  const result = await executed(loaded, given, names);
  const expected = Array.isArray(result) ? result : [result];
  let outputs = 0;
  for (const [i, name] of names.entries()) {
    const mine = own.get(name);
    const theirs = expected[i];
    expect({ name, shape: mine?.shape }).toEqual({ name, shape: theirs?.shape });
    outputs = Math.max(outputs, difference(numbers(mine), Array.from((await theirs?.data()) ?? [])));
  }
  const gradients = oracle === 'none' ? 0 : await gradientDifference(graph, loaded, feeds, given, oracle);
  return { outputs, gradients };
}

/** Loops and sizes that depend on the data run asynchronously only; of all else TensorFlow.js would warn then. */
function executed(
  loaded: Awaited<ReturnType<typeof loadGraphModel>>,
  given: Readonly<Record<string, tf.Tensor>>,
  names: string[],
): Promise<tf.Tensor | tf.Tensor[]> {
  try {
    return Promise.resolve(loaded.execute(given, names));
  } catch {
    return loaded.executeAsync(given, names);
  }
}

async function gradientDifference(
  graph: Graph,
  loaded: Awaited<ReturnType<typeof loadGraphModel>>,
  feeds: Feeds,
  given: Readonly<Record<string, tf.Tensor>>,
  oracle: GradientOracle,
): Promise<number> {
  const [output] = graph.outputs;
  const wrt = Object.keys(feeds).filter((name) => (feeds[name]?.dtype ?? 'float32') === 'float32');
  const forward = (...inputs: tf.Tensor[]): tf.Tensor => {
    const all = { ...given, ...Object.fromEntries(wrt.map((name, i) => [name, inputs[i] ?? tf.scalar(0)])) };
    const result = loaded.execute(all, output?.name ?? '');
    return Array.isArray(result) ? (result[0] ?? tf.scalar(0)) : result;
  };
  const value = forward(...wrt.map((name) => given[name] ?? tf.scalar(0)));
  const weights = noise(value.size, 3);
  const cotangent = tf.tensor(weights, value.shape, 'float32');
  const inputs = wrt.map((name) => given[name] ?? tf.scalar(0));
  const expected =
    oracle === 'linear' ? linearGradients(forward, inputs, cotangent) : tf.grads(forward)(inputs, cotangent);
  const { gradients } = await vectorJacobian(
    {
      graph: { ...graph, outputs: graph.outputs.slice(0, 1) },
      feeds: runtimeFeeds(feeds),
      wrt,
      seed: { type: 'float32', shape: value.shape, data: Float32Array.from(weights) },
      rules: gradientRules,
    },
    'none',
  );
  let most = 0;
  for (const [i, name] of wrt.entries()) {
    const theirs = Array.from((await expected[i]?.data()) ?? []);
    expect(theirs.some((element) => element !== 0)).toBe(true);
    most = Math.max(most, difference(Array.from(gradients.get(name) ?? []), theirs));
  }
  return most;
}

/** df/dx_i = f(x with x_i + 1) - f(x) for what is linear in each input. */
function linearGradients(
  forward: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  cotangent: tf.Tensor,
): tf.Tensor[] {
  const total = (own: readonly tf.Tensor[]): number => tf.sum(tf.mul(forward(...own), cotangent)).dataSync()[0] ?? NaN;
  return inputs.map((input, place) => {
    const zeros = inputs.map((other, i) => (i === place ? tf.zerosLike(other) : other));
    const offset = total(zeros);
    const slopes = Array.from({ length: input.size }, (_, i) => {
      const unit = Array.from({ length: input.size }, (_, j) => (i === j ? 1 : 0));
      return total(zeros.map((other, j) => (j === place ? tf.tensor(unit, input.shape) : other))) - offset;
    });
    return tf.tensor(slopes, input.shape);
  });
}

export function runtimeFeeds(feeds: Feeds): Record<string, RuntimeValue> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { shape, values, dtype = 'float32' }]) => {
      const data =
        dtype === 'float32'
          ? Float32Array.from(values)
          : dtype === 'int32'
            ? Int32Array.from(values)
            : Uint8Array.from(values);
      return [name, { type: dtype, shape, data }];
    }),
  );
}

function numbers(value: RuntimeValue | undefined): number[] {
  return Array.from((value?.data ?? []) as ArrayLike<number>, Number);
}

/** The largest difference relative to the largest of the expected values, or to 1e-6 where they are all smaller. */
export function difference(own: readonly number[], expected: readonly number[]): number {
  if (own.length !== expected.length) return Infinity;
  const scale = expected.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    1e-6,
  );
  return own.reduce((most, value, i) => {
    const other = expected[i] ?? NaN;
    if (Object.is(value, other) || (Number.isNaN(value) && Number.isNaN(other))) return most;
    return Math.max(most, Number.isNaN(value - other) ? Infinity : Math.abs(value - other) / scale);
  }, 0);
}
