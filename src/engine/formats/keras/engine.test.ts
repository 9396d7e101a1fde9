import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { noise, savedLayersModel, scramble } from '../../../../test/layers-model.js';
import type { EngineModel, EngineSpec, ModelBytes } from '../../contract.js';
import { openOnnxModel } from '../../onnx/index.js';
import { readKerasCases } from '../../../../test/keras-fixtures.js';
import { decodeModel } from '../../onnx/proto/codec.js';
import { lowerKeras, lowerLayersModel } from './index.js';

const { layers } = tfl;

function open(model: ModelBytes, shape: readonly number[], data: Float32Array): Promise<EngineModel> {
  const spec: EngineSpec = {
    head: 'classes',
    output: null,
    normalization: { axis: 0, mean: [0], std: [1] },
    probe: { shape, data },
    resources: { threads: 1, batchSize: 4 },
  };
  return openOnnxModel(model, spec);
}

/** A convolution, its normalization, dropout and a classifier. */
async function classifier(): Promise<ModelBytes> {
  await tf.setBackend('cpu');
  const model = tfl.sequential({
    layers: [
      layers.conv2d({ filters: 4, kernelSize: 3, inputShape: [8, 8, 2], name: 'conv' }),
      layers.batchNormalization({ name: 'norm' }),
      layers.reLU({ name: 'relu' }),
      layers.maxPooling2d({ poolSize: 2, name: 'pool' }),
      layers.flatten({ name: 'flat' }),
      layers.dropout({ rate: 0.5, name: 'drop' }),
      layers.dense({ units: 3, name: 'scores' }),
    ],
  });
  scramble(model);
  return (await lowerLayersModel(await savedLayersModel(model))).model;
}

test('layers and weights keep their names, and training moves them', async () => {
  const shape = [4, 8, 8, 2];
  const inputs = { shape, data: noise(shape, 3) };
  const engine = await open(await classifier(), shape, inputs.data);
  const loss = { kind: 'cross-entropy', labels: Float64Array.of(0, 1, 2, 0) } as const;

  const names = (await engine.layers()).map(({ name }) => name);
  for (const name of ['conv', 'norm', 'relu', 'pool', 'drop', 'scores']) expect(names).toContain(name);
  expect(engine.facts).toMatchObject({ batch: 'dynamic', noGradients: null, noTraining: null, opset: 20 });

  const drops: string[] = [];
  const trainer = await engine.trainer({
    optimizer: { kind: 'sgd', momentum: 0 },
    learningRate: { kind: 'constant', rate: 0.05 },
    dropout: (layer, _step, dropped) => {
      drops.push(layer);
      return new Uint8Array(dropped.reduce((a, b) => a * b, 1)).fill(1);
    },
  });
  expect(trainer.parameters.map(({ name }) => name)).toEqual([
    'conv/kernel',
    'conv/bias',
    'norm/gamma',
    'norm/beta',
    'scores/kernel',
    'scores/bias',
  ]);
  const { loss: first } = await trainer.step(inputs, loss);
  for (let step = 0; step < 20; step++) await trainer.step(inputs, loss);
  expect((await trainer.step(inputs, loss)).loss).toBeLessThan(first / 2);
  expect(new Set(drops)).toEqual(new Set(['drop']));
  await trainer.dispose();
  await engine.dispose();
});

test('the batch may be of any size, and a sample is what it is alone', async () => {
  const shape = [4, 8, 8, 2];
  const data = noise(shape, 3);
  const engine = await open(await classifier(), shape, data);

  const together = await engine.scores({ shape, data });
  const alone = await engine.scores({ shape: [1, 8, 8, 2], data: data.slice(0, 128) });
  expect(together.data.slice(0, 3)).toEqual(alone.data);
  await engine.dispose();
});

test.each(readKerasCases('masks').map((each) => [each.keras, each.files['.keras']] as const))(
  'tokens of Keras %p, which it declares as real numbers, are whole ones',
  async (_keras, bytes) => {
    const { model } = await lowerKeras({ main: 'model', files: new Map([['model', bytes]]) });
    const { inputs } = decodeModel(model);
    const types = new Map(inputs.map(({ name, type }) => [name, type]));
    expect(types.get('x_masked_lstm')).toBe('int32');
    expect(types.get('x_embedding')).toBe('int32');
    expect(types.get('x_masking')).toBe('float32');
  },
);
