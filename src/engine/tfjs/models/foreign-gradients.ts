import * as tf from '@tensorflow/tfjs-core';
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { AssayError } from '#base/errors';
import { sizeOf, type Tensor } from '#base/tensor';
import type { EngineGradient, EngineSpec, LossSpec, OutputScale } from '../../contract.js';
import type { ValueInfo } from '../../onnx/graph/ir.js';
import { batches, joined, samplesIn, type NamedTensors } from '../../onnx/inputs.js';
import { enter, type Backend } from '../backend.js';
import { inputValue, normalized } from '../inputs.js';
import { lossOf } from '../losses.js';
import { logitsIn } from '../scores.js';
import { floatsOf, scoped } from '../value.js';
import type { Executable, ExecutableInput } from './executable.js';

/** A model as it is, and what is audited in it. */
export interface Parts {
  readonly executable: Executable;
  readonly spec: EngineSpec;
  readonly used: Backend;
  readonly declared: readonly ValueInfo[];
  readonly input: ExecutableInput;
  readonly output: string;
}

export interface Ready extends Parts {
  readonly scale: OutputScale;
  readonly width: number;
}

/** Executions of one size where a sample's result may depend on how many come with it. */
export function executions(
  { input, spec, used }: Parts,
  inputs: NamedTensors,
  forward: boolean,
): ReturnType<typeof batches> {
  const fixed = input.shape?.[0] ?? null;
  const isJavaScript = (forward ? used.forward : used.gradients) === 'cpu';
  const { batchSize } = spec.resources;
  return batches(inputs, fixed ?? (isJavaScript ? 'dynamic' : FOREIGN_BATCH), batchSize);
}

/** Samples in one execution of a back end that is not plain JavaScript. */
export const FOREIGN_BATCH = 16;

export async function rawOutputs(parts: Parts, inputs: NamedTensors): Promise<Tensor> {
  const rows: Float32Array[] = [];
  for (const { samples, used } of executions(parts, inputs, true)) {
    enter(parts.used.forward);
    const given = tensorsOf(parts, samples, true);
    const result = await parts.executable.run(given, parts.output);
    const data = Float32Array.from(await result.data());
    for (const tensor of [...given.values(), result]) tensor.dispose();
    rows.push(data.subarray(0, (data.length / samplesIn(samples)) * used));
  }
  return joined(samplesIn(inputs), rows);
}

/** @param normalizes the main input; else it is in the user's units */
export function tensorsOf(parts: Parts, samples: NamedTensors, normalizes: boolean): Map<string, TfTensor> {
  return new Map(
    parts.declared.map(({ name, type }): [string, TfTensor] => {
      const { tensor } = inputValue(type, samples.get(name) ?? { shape: [0], data: new Float32Array() });
      if (!normalizes || name !== parts.input.name || type !== 'float32') return [name, tensor];
      const own = tf.tidy(() => tf.clone(normalized(tensor, parts.spec.normalization)));
      tensor.dispose();
      return [name, own];
    }),
  );
}

interface Found extends EngineGradient {
  readonly activation: Tensor;
  readonly isReached: boolean;
}

export function gradientsOf(ready: Ready, inputs: NamedTensors, layer: string | null, loss: LossSpec): Found {
  enter(ready.used.gradients);
  const samples = samplesIn(inputs);
  const parts = [...executions(ready, inputs, false)].map((part) =>
    scoped(() => {
      const rows = samplesIn(part.samples);
      const range = { samples, start: part.start, end: part.start + part.used, rows };
      const { scores, losses, gradient, activation } = differentiated(ready, part.samples, layer, loss, range);
      const firstOf = (tensor: TfTensor): Float32Array => {
        const data = floatsOf(tensor);
        return data.subarray(0, (data.length / rows) * part.used);
      };
      return {
        scores: firstOf(scores),
        loss: firstOf(losses),
        gradient: gradient === null ? new Float32Array(activation.size) : firstOf(gradient),
        activation: firstOf(activation),
        place: activation.shape.slice(1),
        isReached: gradient !== null,
      };
    }),
  );
  const place = [samples, ...(parts[0]?.place ?? [])];
  const together = (shape: readonly number[], pieces: Float32Array[]): Tensor => ({
    shape,
    data: joined(samples, pieces).data.slice(0, sizeOf(shape)),
  });
  return {
    scores: together(
      [samples, ready.width],
      parts.map(({ scores }) => scores),
    ),
    loss: together(
      [samples],
      parts.map((part) => part.loss),
    ).data,
    gradient: together(
      place,
      parts.map(({ gradient }) => gradient),
    ),
    activation: together(
      place,
      parts.map(({ activation }) => activation),
    ),
    isReached: parts.every(({ isReached }) => isReached),
  };
}

interface Differentiated {
  readonly scores: TfTensor;
  readonly losses: TfTensor;
  readonly gradient: TfTensor | null;
  readonly activation: TfTensor;
}

/** At a layer the gradient is that of zeros which are added to what it gives. */
function differentiated(
  { executable, input, output, spec, scale, width, ...rest }: Ready,
  samples: NamedTensors,
  layer: string | null,
  loss: LossSpec,
  range: Parameters<typeof lossOf>[3],
): Differentiated {
  const given = tensorsOf({ executable, input, output, spec, ...rest }, samples, false);
  const x = given.get(input.name) ?? tf.zeros([0]);
  const withNormalized = (): Map<string, TfTensor> =>
    input.dtype === 'float32' ? new Map([...given, [input.name, normalized(x, spec.normalization)]]) : given;
  let activation = x;
  if (layer !== null) {
    // What is made within a layer is let go of at its end.
    let kept = x;
    executable.runAt(withNormalized(), output, layer, (value) => {
      kept = tf.keep(tf.clone(value));
      return value;
    });
    activation = tf.clone(kept);
    kept.dispose();
  }
  const logits = scale === 'probabilities' ? executable.logits(output) : null;
  // What the last layer gives stands behind the logits.
  const asked =
    logits === null || logits.layer === layer ? { output, scale } : { output: logits.output, scale: 'logits' as const };
  const leaf = layer === null ? x : tf.zeros(activation.shape);
  const seen: TfTensor[] = [];
  const forward = (): TfTensor => {
    const inputs = withNormalized();
    const result =
      layer === null
        ? executable.run(inputs, asked.output)
        : executable.runAt(inputs, asked.output, layer, (value) => tf.add(value, leaf));
    if (result instanceof Promise) throw new AssayError('operator', { what: 'the model runs piece by piece' });
    const scores = logitsIn(tf.reshape(result, [-1, width]), spec.head, asked.scale);
    const losses = lossOf(loss, scores, spec.head, range);
    seen.push(tf.keep(tf.clone(scores)), tf.keep(tf.clone(losses)));
    return tf.sum(losses);
  };
  try {
    const { grads } = tf.engine().gradients(forward, [leaf], undefined, true);
    const found: readonly (TfTensor | null | undefined)[] = grads;
    const [scores = x, losses = x] = seen.map((tensor) => tf.clone(tensor));
    return { scores, losses, gradient: found[0] ?? null, activation };
  } finally {
    for (const tensor of seen) tensor.dispose();
  }
}
