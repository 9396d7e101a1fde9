import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { packageRoot } from '#base/package-root';
import type { Tensor } from '#base/tensor';
import { layersModelOf, noise } from '../../../../test/layers-model.js';
import { outputsOf } from '../../../../test/lowered.js';
import { nsfwjsModel } from '../../../../test/nsfwjs.js';
import { decodeModel } from '../../onnx/proto/codec.js';
import { lowerLayersModel } from './index.js';

const PIXELS = 224;

/** The largest difference of the probabilities of any class; what half of the first gives is far above. */
const TOLERANCE = 1e-4;

/** A picture of Fashion-MNIST as large and as coloured as MobileNetV2 takes it, and one of noise. */
function pictures(): Tensor {
  const file = join(packageRoot(), 'fixtures/data/fashion-test-images.idx3-ubyte.gz');
  const first = gunzipSync(readFileSync(file)).subarray(16, 16 + 784);
  const shirt = Float32Array.from({ length: PIXELS * PIXELS * 3 }, (_, i) => {
    const place = Math.floor(i / 3);
    const [row, column] = [Math.floor(place / PIXELS / 8), Math.floor((place % PIXELS) / 8)];
    return (first[row * 28 + column] ?? 0) / 255;
  });
  const data = new Float32Array(2 * shirt.length);
  data.set(shirt);
  data.set(
    noise([shirt.length], 5).map((value) => (value + 1) / 2),
    shirt.length,
  );
  return { shape: [2, PIXELS, PIXELS, 3], data };
}

test('MobileNetV2 of nsfwjs gives what TensorFlow.js gives on a picture and on noise', async () => {
  await tf.setBackend('wasm');
  const files = nsfwjsModel('mobilenet_v2');
  const input = pictures();
  const original = await layersModelOf(files);
  const expected = await (original.predict(tf.tensor(input.data, [...input.shape])) as tf.Tensor).data();

  const { model, notes } = await lowerLayersModel(files);

  const [output] = [...(await outputsOf(model, { input_1: input })).values()];
  const differences = [...expected].map((value, i) => Math.abs(value - Number(output?.data[i])));
  expect(output?.shape).toEqual([2, 5]);
  expect(Math.max(...differences)).toBeLessThanOrEqual(TOLERANCE);
  expect(notes).toEqual([]);
});

test('images are transposed on their way in and out, and nowhere between the convolutions', async () => {
  const { model } = await lowerLayersModel(nsfwjsModel('mobilenet_v2'));
  const { nodes, inputs } = decodeModel(model);

  expect(nodes.filter(({ op }) => op === 'Transpose')).toHaveLength(2);
  expect(nodes.filter(({ op }) => op === 'BatchNormalization')).toHaveLength(52);
  expect(inputs).toEqual([{ name: 'input_1', type: 'float32', shape: ['n', PIXELS, PIXELS, 3] }]);
});
