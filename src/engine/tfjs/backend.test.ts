import * as tf from '@tensorflow/tfjs-core';
import { rowRange } from '#base/tensor';
import { graphOf, modelOf, specOf } from '../../../test/linear-model.js';
import { fashionImages, fashionLabels, fashionModel, onBoth, relative } from '../../../test/tfjs-models.js';
import { chooseBackend } from './backend.js';
import { openTfjsModel } from './index.js';
import { loadNativeTensorFlow } from './native/load.js';

test('WebAssembly gives scores, JavaScript the gradients, and the report says so', async () => {
  const chosen = await chooseBackend(['wasm']);
  expect(chosen).toMatchObject({ name: '@tensorflow/tfjs-backend-wasm', forward: 'wasm', gradients: 'cpu' });
  const { model, spec } = fashionModel('fashion-mlp');
  const inputs = fashionImages(0, 6);
  const loss = { kind: 'cross-entropy', labels: fashionLabels(0, 6) } as const;
  await onBoth(model, spec, async ({ tfjs, onnx }) => {
    expect(tfjs.facts.notes).toEqual([
      expect.stringMatching(
        /^executed by TensorFlow\.js with @tensorflow\/tfjs-backend-wasm \(4\..*\) on WebAssembly$/,
      ),
      'gradients and training run in plain JavaScript: WebAssembly lacks their kernels',
      expect.stringMatching(/^samples run in batches of \d+, filled up/),
    ]);
    const scores = await tfjs.scores(inputs);
    expect(tf.getBackend()).toBe('wasm');
    expect(relative(scores.data, (await onnx.scores(inputs)).data)).toBeLessThan(1e-4);
    // Alone and among others: batches have one size.
    expect((await tfjs.scores(rowRange(inputs, 2, 4))).data).toEqual(rowRange(scores, 2, 4).data);
    const [own, other] = [await tfjs.gradient(inputs, loss), await onnx.gradient(inputs, loss)];
    expect(tf.getBackend()).toBe('cpu');
    expect(relative(own.gradient.data, other.gradient.data)).toBeLessThan(1e-3);
  });
});

test('the first back end that works is taken: native TensorFlow where it is, and why not where it is not', async () => {
  const native = loadNativeTensorFlow();
  const chosen = await chooseBackend(['tensorflow', 'wasm', 'cpu']);
  if (native.state === 'loaded') {
    expect(chosen).toMatchObject({ forward: 'tensorflow', gradients: 'tensorflow', notes: [] });
    expect(chosen.version).toMatch(/^\d+\.\d+/);
  } else {
    expect(chosen.forward).toBe('wasm');
    expect(chosen.notes[0]).toMatch(/TensorFlow/);
  }
});

test('files of other formats are refused by name', async () => {
  const { spec } = fashionModel('fashion-mlp');
  const bytes = Uint8Array.from('\x89HDF\r\n\x1a\n', (letter) => letter.charCodeAt(0));
  const model = { main: 'model.h5', files: new Map([['model.h5', bytes]]) };
  await expect(openTfjsModel(model, spec)).rejects.toThrow('the tfjs engine opens ONNX files');
});

test('an operator that the engine does not have is named', async () => {
  const graph = graphOf({
    nodes: [
      { op: 'Det', inputs: ['x'], outputs: ['d'] },
      { op: 'Flatten', inputs: ['d'], outputs: ['y'] },
    ],
    inputShape: ['n', 2, 2],
    outputShape: ['n', 1],
  });
  await expect(openTfjsModel(modelOf(graph), specOf('regression', [2, 2]))).rejects.toThrow(
    'node `node_0` (Det) is an operator that the tfjs engine does not have',
  );
});

test('a step function in every way to the scores leaves no gradients, and is named', async () => {
  const graph = graphOf({
    nodes: [{ op: 'Floor', inputs: ['x'], outputs: ['y'] }],
    inputShape: ['n', 3],
    outputShape: ['n', 3],
  });
  const opened = await openTfjsModel(modelOf(graph), specOf('regression', [3]));
  expect(opened.facts.noGradients).toBe('node `node_0` (Floor) is a step function, and no gradient passes it');
  expect(opened.facts.gradientAt).toBeNull();
  const inputs = { shape: [1, 3], data: Float32Array.of(0.5, -0.5, 2) };
  expect([...(await opened.scores(inputs)).data]).toEqual([0, -1, 2]);
  await expect(opened.gradient(inputs, { kind: 'score', labels: Float64Array.of(0) })).rejects.toThrow(
    'there are no gradients: node `node_0` (Floor)',
  );
  await opened.dispose();
});
