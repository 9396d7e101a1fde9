import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { layersModelOf, noise } from '../../../../test/layers-model.js';
import { nsfwjsModel } from '../../../../test/nsfwjs.js';
import { openOnnxModel } from '../../onnx/index.js';
import { lowerLayersModel } from './index.js';

const SHAPE: [number, number, number, number] = [1, 224, 224, 3];
const LABEL = 0;

/** What the issue that asked for lowering wants: TensorFlow.js in JavaScript takes minutes, the graph a fraction of a second. */
const AT_LEAST = 50;

test(`a lowered MobileNetV2 gives an input gradient at least ${AT_LEAST} times faster than TensorFlow.js in JavaScript`, async () => {
  const files = nsfwjsModel('mobilenet_v2');
  const data = noise(SHAPE, 5).map((value) => (value + 1) / 2);
  await tf.setBackend('cpu');
  const original = await layersModelOf(files);
  const score = (x: tf.Tensor): tf.Scalar => {
    const probabilities = original.apply(x, { training: false }) as tf.Tensor;
    return tf.sum(tf.slice(tf.log(probabilities), [0, LABEL], [1, 1]));
  };
  const started = performance.now();
  const expected = Float32Array.from(await tf.grad(score)(tf.tensor(data, SHAPE)).data());
  const byTensorFlow = performance.now() - started;

  const { model } = await lowerLayersModel(files);
  const engine = await openOnnxModel(model, {
    head: 'classes',
    output: null,
    normalization: { axis: 0, mean: [0], std: [1] },
    probe: { shape: SHAPE, data },
    resources: { threads: 2, batchSize: 1 },
  });
  const loss = { kind: 'cross-entropy', labels: Float64Array.of(LABEL) } as const;
  const { gradient } = await engine.gradient({ shape: SHAPE, data }, loss);
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const begun = performance.now();
    await engine.gradient({ shape: SHAPE, data }, loss);
    times.push(performance.now() - begun);
  }
  await engine.dispose();

  // The loss is minus the logarithm of the probability of the label.
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = gradient.data.reduce((most, value, i) => Math.max(most, Math.abs(value + (expected[i] ?? 0))), 0);
  expect(difference).toBeLessThan(1e-3 * largest);
  const [, , median = Infinity] = times.toSorted((a, b) => a - b);
  process.stdout.write(`TensorFlow.js ${Math.round(byTensorFlow)} ms, lowered ${Math.round(median)} ms\n`);
  expect(byTensorFlow / median).toBeGreaterThan(AT_LEAST);
}, 1_800_000);
