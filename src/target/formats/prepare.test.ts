import { join } from 'node:path';
import type { FileTargetConfig } from '#config/schema';
import { digestOfBytes } from '#base/digest';
import { temporaryFolder } from '../../../test/temporary-folder.js';
import { decodeModel } from '../../engine/onnx/proto/codec.js';
import { openTarget, targetDigest } from '../open.js';
import { declareTarget } from '../declare.js';
import { modelInterface } from '../model-interface.js';
import { isTrainable } from '../target.js';
import { prepareTarget } from './prepare.js';

/** From a file of TensorFlow.js to a target: scores by hand, digests of what the user has, and who executes it. */

/** 3 inputs, 2 scores: y = x K + b. */
const KERNEL = [1, 0, 0, 1, 2, -1];
const BIAS = [0.5, -0.25];
const WEIGHTS = new Uint8Array(Float32Array.of(...KERNEL, ...BIAS).buffer);

const dense = {
  class_name: 'Dense',
  config: { name: 'd', trainable: true, units: 2, activation: 'linear', use_bias: true, batch_input_shape: [null, 3] },
};
const lambda = { class_name: 'Lambda', config: { name: 'l', function: 'x', batch_input_shape: [null, 3] } };

function layersModel(...layers: readonly object[]): string {
  return JSON.stringify({
    format: 'layers-model',
    modelTopology: {
      keras_version: '2.15.0',
      backend: 'tensorflow',
      model_config: { class_name: 'Sequential', config: { name: 's', layers } },
    },
    weightsManifest: [
      {
        paths: ['w.bin'],
        weights: [
          { name: 'd/kernel', shape: [3, 2], dtype: 'float32' },
          { name: 'd/bias', shape: [2], dtype: 'float32' },
        ],
      },
    ],
  });
}

const configOf = (file: string): FileTargetConfig => ({
  file,
  head: 'classes',
  domain: { kind: 'tabular', range: [-9, 9] },
});
const probe = { shape: [2, 3], data: Float32Array.of(1, 2, 3, -1, 0, 0.5) };
const resources = { threads: 1, batchSize: 8 };

test('a LayersModel is brought to ONNX: its scores are those by hand, its digest that of its own files', async () => {
  const json = layersModel(dense);
  const folder = temporaryFolder({ 'model.json': json, 'w.bin': WEIGHTS });
  const { config, model } = await prepareTarget(configOf(join(folder, 'model.json')));
  expect(model).toMatchObject({ main: 'model.json', engine: 'onnx', executed: 'onnx' });
  const { target, card } = await openTarget(config, model, probe, resources);
  // [1, 2, 3]: 1 + 6 + 0.5 and 2 - 3 - 0.25; [-1, 0, 0.5]: -1 + 1 + 0.5 and 0 - 0.5 - 0.25.
  expect([...(await target.predict(probe)).data]).toEqual([7.5, -1.25, 0.5, -0.75]);
  expect(card.files).toEqual([
    { name: 'model.json', sha256: digestOfBytes(json), bytes: json.length },
    { name: 'w.bin', sha256: digestOfBytes(WEIGHTS), bytes: WEIGHTS.length },
  ]);
  expect(card).toMatchObject({ name: 'model.json', format: 'TensorFlow.js LayersModel', engine: 'onnx' });
  expect(card.notes[0]).toBe('The TensorFlow.js LayersModel was brought to an ONNX graph, which is executed.');
  expect(card.digest).toBe(targetDigest(await declareTarget(config, model), config, model));
  // One bit of a weight changes it.
  const other = WEIGHTS.slice();
  other[3] = (other[3] ?? 0) ^ 1;
  const changed = temporaryFolder({ 'model.json': json, 'w.bin': other });
  const second = await prepareTarget(configOf(join(changed, 'model.json')));
  expect(targetDigest(await declareTarget(second.config, second.model), second.config, second.model)).not.toBe(
    card.digest,
  );
  await target.dispose();
});

test('what is trained from it is an ONNX file, and opens as a target', async () => {
  const folder = temporaryFolder({ 'model.json': layersModel(dense), 'w.bin': WEIGHTS });
  const { config, model } = await prepareTarget(configOf(join(folder, 'model.json')));
  const { target } = await openTarget(config, model, probe, resources);
  if (!isTrainable(target)) throw new Error('it cannot be trained');
  const trainer = await target.trainer({
    optimizer: { kind: 'sgd', momentum: 0 },
    learningRate: { kind: 'constant', rate: 0.1 },
  });
  await trainer.step(probe, { kind: 'cross-entropy', labels: Float64Array.of(1, 1) });
  const file = trainer.file();
  const graph = decodeModel({ main: 'trained.onnx', files: new Map([['trained.onnx', file]]) });
  expect(graph.inputs[0]?.shape?.slice(1)).toEqual([3]);
  const again = await trainer.target();
  expect(again.digest).not.toBe(target.digest);
  const [before, after] = [await target.predict(probe), await again.predict(probe)];
  expect(after.data[1]).toBeGreaterThan(before.data[1] ?? NaN);
  await Promise.all([trainer.dispose(), target.dispose(), again.dispose()]);
});

test.each(['auto', 'onnx', 'tfjs'] as const)(
  'a Lambda layer is code, whatever engine is asked for: %s',
  async (engine) => {
    const folder = temporaryFolder({ 'model.json': layersModel(lambda, dense), 'w.bin': WEIGHTS });
    const opening = async () => {
      const { config, model } = await prepareTarget(configOf(join(folder, 'model.json')), engine);
      await openTarget(config, model, probe, resources);
    };
    await expect(opening()).rejects.toThrow(/Lambda/);
  },
);

test('a SavedModel is not ONNX', async () => {
  const folder = join(__dirname, '../../../fixtures/models/saved-model/mlp');
  await expect(prepareTarget(configOf(folder), 'onnx')).rejects.toMatchObject({
    code: 'operator',
    mend: 'Convert it with `python -m tf2onnx.convert --saved-model`.',
  });
  const { model } = await prepareTarget(configOf(folder));
  expect(model).toMatchObject({ engine: 'tfjs', executed: 'saved-model' });
  expect(model.source?.cards.map(({ name }) => name)).toEqual([
    'saved_model.pb',
    'variables/variables.index',
    'variables/variables.data-00000-of-00001',
  ]);
  const { inputs, outputs } = modelInterface(model);
  expect([inputs.length, outputs.length]).toEqual([1, 1]);
  expect(inputs[0]).toMatchObject({ type: 'float32', shape: [null, expect.any(Number)] });
});

test.each(['reads-file', 'runs-python'])('a SavedModel that %s is refused before TensorFlow sees it', async (name) => {
  const folder = join(__dirname, '../../../fixtures/models/saved-model', name);
  await expect(prepareTarget(configOf(folder))).rejects.toMatchObject({ code: 'model' });
});

test('ONNX is executed as it is, by the engine that was asked for', async () => {
  const file = join(__dirname, '../../../fixtures/models/fashion-binary.onnx');
  for (const [asked, engine] of [
    ['auto', 'onnx'],
    ['onnx', 'onnx'],
    ['tfjs', 'tfjs'],
  ] as const) {
    expect((await prepareTarget(configOf(file), asked)).model).toMatchObject({ engine, executed: 'onnx' });
  }
});

test('a GraphModel gives the same scores lowered and as it is, and the card says what executes it', async () => {
  const file = join(__dirname, '../../../fixtures/models/graph-model/cnn/model.json');
  const config: FileTargetConfig = { file, head: 'classes', domain: { kind: 'image', layout: 'NHWC', range: [0, 1] } };
  const opened = await Promise.all(
    (['onnx', 'tfjs'] as const).map(async (engine) => {
      const prepared = await prepareTarget(config, engine);
      const { shape } = (await declareTarget(prepared.config, prepared.model)).domain;
      const size = shape.reduce((product, side) => product * side, 1);
      const pictures = { shape: [4, ...shape], data: Float32Array.from({ length: 4 * size }, (_, i) => (i % 97) / 97) };
      const { target, card } = await openTarget(prepared.config, prepared.model, pictures, resources);
      const scores = await target.predict(pictures);
      await target.dispose();
      return { card, scores };
    }),
  );
  const [onnx, tfjs] = opened;
  expect(onnx?.card).toMatchObject({ engine: 'onnx', format: 'TensorFlow.js GraphModel', opset: 20 });
  expect(tfjs?.card).toMatchObject({ engine: 'tfjs', format: 'TensorFlow.js GraphModel', opset: null });
  expect(tfjs?.card.digest).toBe(onnx?.card.digest);
  // The bar that both engines are held to: float32 of two libraries that share no code.
  onnx?.scores.data.forEach((score, i) => expect(Math.abs(score - (tfjs?.scores.data[i] ?? NaN))).toBeLessThan(1e-4));
});
