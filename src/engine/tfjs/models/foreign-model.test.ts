import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { layers, model as layersModel, input, sequential } from '@tensorflow/tfjs-layers';
import { packageRoot } from '#base/package-root';
import type { Tensor } from '#base/tensor';
import { attr, floats, graphModel, graphModelJson, ints, shardOf, modelFiles } from '../../../../test/graph-models.js';
import { savedLayersModel, scramble } from '../../../../test/layers-model.js';
import { specOf } from '../../../../test/linear-model.js';
import { relative } from '../../../../test/tfjs-models.js';
import type { EngineModel, EngineSpec, ModelBytes } from '../../contract.js';
import { lowerGraphModel } from '../../formats/graph-model/index.js';
import { lowerLayersModel } from '../../formats/keras/index.js';
import type { Lowered } from '../../formats/lowered.js';
import { openOnnxModel } from '../../onnx/index.js';
import { chooseBackend } from '../backend.js';
import { openTfjsModel } from '../index.js';
import { everyNth } from '../../../../test/tier.js';

beforeAll(() => chooseBackend(['cpu']));

const [LOGITS, GRADIENT] = [1e-4, 1e-3];
const LABELS = Float64Array.of(0, 2, 1);
const LOSS = { kind: 'cross-entropy', labels: LABELS } as const;

function waves(shape: readonly number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.7)) };
}

/** The model as it is, and lowered on the other engine: two ways that share nothing but the file. */
async function expectAgreement(
  model: ModelBytes,
  spec: EngineSpec,
  lower: (model: ModelBytes) => Promise<Lowered>,
  check: (own: EngineModel, other: EngineModel) => Promise<void>,
): Promise<void> {
  const before = tf.memory().numTensors;
  const [own, other] = [await openTfjsModel(model, spec), await openOnnxModel((await lower(model)).model, spec)];
  await check(own, other);
  await own.dispose();
  await other.dispose();
  expect(tf.memory().numTensors).toBe(before);
}

async function expectSame(own: EngineModel, other: EngineModel, inputs: Tensor): Promise<void> {
  expect(own.facts.noGradients).toBeNull();
  expect(own.facts.gradientAt?.shape).toEqual(other.facts.gradientAt?.shape);
  expect(own.facts.scale).toBe(other.facts.scale);
  expect(relative((await own.scores(inputs)).data, (await other.scores(inputs)).data)).toBeLessThan(LOGITS);
  const [found, wanted] = [await own.gradient(inputs, LOSS), await other.gradient(inputs, LOSS)];
  expect(relative(found.loss, wanted.loss)).toBeLessThan(LOGITS);
  expect(found.gradient.shape).toEqual(wanted.gradient.shape);
  expect(relative(found.gradient.data, wanted.gradient.data)).toBeLessThan(GRADIENT);
  const indices = Float64Array.of(0, 1, 1, 2, 2, 0);
  const [rows, others] = [await own.jacobian(inputs, indices), await other.jacobian(inputs, indices)];
  expect(rows.rows.shape).toEqual(others.rows.shape);
  expect(relative(rows.rows.data, others.rows.data)).toBeLessThan(GRADIENT);
}

describe('a LayersModel as it is', () => {
  async function network(): Promise<ModelBytes> {
    const built = sequential({
      layers: [
        layers.conv2d({ inputShape: [6, 6, 2], filters: 4, kernelSize: 3, padding: 'same', name: 'edges' }),
        layers.batchNormalization({ name: 'normal' }),
        layers.activation({ activation: 'relu', name: 'bent' }),
        layers.maxPooling2d({ poolSize: 2, name: 'pooled' }),
        layers.dropout({ rate: 0.5 }),
        layers.flatten(),
        layers.dense({ units: 3, activation: 'softmax', name: 'classes' }),
      ],
    });
    scramble(built);
    const saved = await savedLayersModel(built);
    built.dispose();
    return saved;
  }

  test('has the scores, gradients and Jacobians of its lowered form', async () => {
    const spec = { ...specOf('classes', [6, 6, 2]), normalization: { axis: 2, mean: [0.1, -0.2], std: [0.5, 2] } };
    await expectAgreement(await network(), spec, lowerLayersModel, async (own, other) => {
      const inputs = waves([3, 6, 6, 2]);
      await expectSame(own, other, inputs);
    });
  });

  test('is trained as its lowered form is by the other engine, and written back as ONNX', async () => {
    const spec = specOf('classes', [6, 6, 2]);
    await expectAgreement(await network(), spec, lowerLayersModel, async (own, other) => {
      expect(own.facts.noTraining).toBeNull();
      const inputs = waves([3, 6, 6, 2]);
      const options = {
        optimizer: { kind: 'sgd', momentum: 0.9 },
        learningRate: { kind: 'constant', rate: 0.05 },
      } as const;
      const [trained, wanted] = [await own.trainer(options), await other.trainer(options)];
      for (let step = 0; step < 5; step++) {
        const { loss } = await trained.step(inputs, LOSS);
        const { loss: expected } = await wanted.step(inputs, LOSS);
        expect(Math.abs(loss - expected)).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected)));
      }
      const file = { main: 'trained.onnx', files: new Map([['trained.onnx', trained.file()]]) };
      const again = await openOnnxModel(file, spec);
      const [read, now] = [await again.gradient(inputs, LOSS), await trained.inputGradient(inputs, LOSS)];
      expect(relative(read.loss, now.loss)).toBeLessThan(LOGITS);
      expect(relative(read.gradient.data, now.gradient.data)).toBeLessThan(GRADIENT);
      await Promise.all([trained.dispose(), wanted.dispose(), again.dispose()]);
    });
  });

  test('has layers with their activations and the gradients there', async () => {
    const opened = await openTfjsModel(await network(), specOf('classes', [6, 6, 2]));
    const inputs = waves([3, 6, 6, 2]);
    const found = await opened.layers();
    expect(found.map(({ name, shape }) => [name, shape])).toEqual(
      expect.arrayContaining([
        ['edges', [6, 6, 4]],
        ['pooled', [3, 3, 4]],
        ['classes', [3]],
      ]),
    );
    // Of what the last layer gives, the probabilities: -1 / p at the label, by the logarithm.
    const { activation, gradient, loss } = await opened.atLayer(inputs, LOSS, 'classes');
    LABELS.forEach((label, i) => {
      const p = activation.data[3 * i + label] ?? NaN;
      expect(loss[i]).toBeCloseTo(-Math.log(p), 4);
      expect(gradient.data[3 * i + label]).toBeCloseTo(1 - 1 / p, 2);
    });
    await expect(opened.atLayer(inputs, LOSS, 'nothing')).rejects.toThrow('there is no layer `nothing`');
    await opened.dispose();
  });

  test('has the gradient of tokens behind its embedding', async () => {
    const tokens = input({ shape: [4], name: 'tokens', dtype: 'int32' });
    const embedded = layers.embedding({ inputDim: 9, outputDim: 5, name: 'table' }).apply(tokens);
    const pooled = layers.globalAveragePooling1d({}).apply(embedded);
    const built = layersModel({
      inputs: tokens,
      outputs: layers.dense({ units: 3 }).apply(pooled) as ReturnType<typeof input>,
    });
    scramble(built);
    const saved = await savedLayersModel(built);
    const probe = { shape: [3, 4], data: Float32Array.from({ length: 12 }, (_, i) => (i * 5) % 9) };
    const opened = await openTfjsModel(saved, { ...specOf('classes', [4]), probe });
    expect(opened.facts.noGradients).toBeNull();
    expect(opened.facts.gradientAt).toEqual({ kind: 'embedding', value: 'table', shape: [4, 5] });
    const { gradient } = await opened.gradient(probe, LOSS);
    // The average gives every token the same gradient.
    const first = gradient.data.slice(0, 5);
    for (let token = 1; token < 4; token++) {
      gradient.data.slice(5 * token, 5 * token + 5).forEach((value, i) => expect(value).toBeCloseTo(first[i]!, 6));
    }
    await opened.dispose();
  });

  test('a layer that is code and weights that do not fit are refused in a sentence', async () => {
    const saved = await network();
    const json = JSON.parse(Buffer.from(saved.files.get('model.json')!).toString()) as object;
    const spoiled = JSON.stringify(json).replace('"class_name":"Conv2D"', '"class_name":"Lambda"');
    const files = new Map([...saved.files, ['model.json', new TextEncoder().encode(spoiled)]]);
    const spec = specOf('classes', [6, 6, 2]);
    await expect(openTfjsModel({ main: 'model.json', files }, spec)).rejects.toThrow(/Lambda/);
    const [shard = ''] = [...saved.files.keys()].filter((name) => name !== 'model.json');
    const cut = new Map([...saved.files, [shard, saved.files.get(shard)!.slice(0, 40)]]);
    await expect(openTfjsModel({ main: 'model.json', files: cut }, spec)).rejects.toThrow(/group1-shard1of1/);
  });
});

describe('a GraphModel as it is', () => {
  const parts = {
    inputs: { x: { shape: [-1, 4] } },
    weights: { w: floats([4, 3]), b: floats([3]) },
    nodes: [
      {
        name: 'product',
        op: 'MatMul',
        input: ['x', 'w'],
        attr: { transpose_a: attr.bool(false), transpose_b: attr.bool(false) },
      },
      { name: 'sum', op: 'BiasAdd', input: ['product', 'b'] },
      { name: 'bent', op: 'Tanh', input: ['sum'] },
    ],
    outputs: ['bent'],
  };

  test('has the scores, gradients and layers of its lowered form', () =>
    expectAgreement(graphModel(parts), specOf('classes', [4]), lowerGraphModel, async (own, other) => {
      const inputs = waves([3, 4]);
      await expectSame(own, other, inputs);
      expect((await own.layers()).map(({ name, operator, shape }) => [name, operator, shape])).toEqual([
        ['product', 'MatMul', [3]],
        ['sum', 'BiasAdd', [3]],
        ['bent', 'Tanh', [3]],
      ]);
      const { activation, gradient } = await own.atLayer(inputs, { kind: 'score', labels: LABELS }, 'sum');
      // The slope of tanh at the label, 0 elsewhere.
      activation.data.forEach((value, i) => {
        const isLabel = i % 3 === LABELS[Math.floor(i / 3)];
        expect(gradient.data[i]).toBeCloseTo(isLabel ? 1 - Math.tanh(value) ** 2 : 0, 5);
      });
    }));

  test('a graph that waits for numbers gives scores, and says why it gives no gradients', async () => {
    const dynamic = {
      inputs: { x: { shape: [-1, 3] } },
      weights: { zero: floats([], [-2]), rows: ints(-1, 3) },
      nodes: [
        { name: 'above', op: 'Greater', input: ['x', 'zero'] },
        { name: 'places', op: 'Where', input: ['above'] },
        { name: 'found', op: 'GatherNd', input: ['x', 'places'] },
        { name: 'scores', op: 'Reshape', input: ['found', 'rows'] },
      ],
      outputs: ['scores'],
    };
    const opened = await openTfjsModel(graphModel(dynamic), specOf('classes', [3]));
    expect(opened.facts.noGradients).toMatch(/`places` \(Where\) is executed piece by piece/);
    const inputs = waves([3, 3]);
    expect(relative((await opened.scores(inputs)).data, inputs.data)).toBeLessThan(LOGITS);
    await expect(opened.gradient(inputs, LOSS)).rejects.toThrow('there are no gradients');
    await opened.dispose();
  });

  test('strings are refused by the name of the input', async () => {
    const folder = join(packageRoot(), 'node_modules/@vscode/vscode-languagedetection/model');
    const read = (name: string): [string, Uint8Array] => [name, new Uint8Array(readFileSync(join(folder, name)))];
    const model = { main: 'model.json', files: new Map([read('model.json'), read('group1-shard1of1.bin')]) };
    await expect(openTfjsModel(model, specOf('classes', [1]))).rejects.toThrow(/the input `.+` takes string/);
  });

  test('an operator that TensorFlow.js does not have ends in a sentence', async () => {
    const strange = { ...parts, nodes: [{ name: 'bent', op: 'ReadFile', input: ['x'] }] };
    const files = modelFiles(graphModelJson(strange), shardOf(strange));
    await expect(openTfjsModel(files, specOf('classes', [4]))).rejects.toThrow(/ReadFile/);
  });
});

const loops = [
  ['lstm', [7, 4]],
  ['gru', [6, 4]],
] as const;

test.each(everyNth(2, loops.toReversed()))(
  '%s, whose loops TensorFlow.js cannot execute by itself, runs as a graph, and says so',
  async (name, sample) => {
    const folder = join(packageRoot(), 'fixtures/models/graph-model', name);
    const files = readdirSync(folder).map((file) => [file, new Uint8Array(readFileSync(join(folder, file)))] as const);
    const model = { main: 'model.json', files: new Map(files) };
    const spec = specOf('classes', [...sample]);
    const [own, other] = [
      await openTfjsModel(model, spec),
      await openOnnxModel((await lowerGraphModel(model)).model, spec),
    ];
    expect(own.facts.notes[0]).toMatch(
      /^TensorFlow\.js fails to execute the GraphModel by itself \(.+\): its graph is executed/,
    );
    await expectSame(own, other, waves([3, ...sample]));
    await Promise.all([own.dispose(), other.dispose()]);
  },
);
