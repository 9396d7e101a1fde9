import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { packageRoot } from '#base/package-root';
import type { Tensor } from '#base/tensor';
import type { FileTargetConfig } from '#config/schema';
import { decodeModel, encodeModel, encodeModelFiles, type LossSpec } from '#engine/index';
import { layersModelOf, noise, savedLayersModel, scramble } from '../../../test/layers-model.js';
import { temporaryFolder } from '../../../test/temporary-folder.js';
import { float32Constant } from '../../engine/onnx/graph/constants.js';
import { openTarget } from '../open.js';
import { readModelFile } from '../read-model.js';
import { isTrainable, type TrainableTarget } from '../target.js';
import { prepareTarget } from './prepare.js';
import { rewritten, type RewrittenModel } from './rewrite.js';

/**
 * A model is converted, trained, written in its own format and read again by the reader that everything goes through: its scores
 * are those of the trained target, within float32 of a graph whose recurrent biases were added before.
 */
const TOLERANCE = 1e-5;

const SAMPLES = 6;
const resources = { threads: 1, batchSize: 8 };
type Domain = FileTargetConfig['domain'];
const models = join(packageRoot(), 'fixtures/models');

async function opened(file: string, domain: Domain, shape: readonly number[]): Promise<TrainableTarget> {
  const { config, model } = await prepareTarget({ file, head: 'classes', domain }, 'onnx');
  const { target } = await openTarget(config, model, probeOf(shape), resources);
  if (!isTrainable(target)) throw new Error([...target.missing.values()].join());
  return target;
}

/** Within [0, 1]. */
function probeOf(sample: readonly number[]): Tensor {
  const shape = [SAMPLES, ...sample];
  return { shape, data: noise(shape, 7).map((value) => (value + 1) / 2) };
}

const labels = Float64Array.from({ length: SAMPLES }, (_, i) => i % 2);
const LOSS: LossSpec = { kind: 'cross-entropy', labels };

interface Trained {
  readonly hardened: Uint8Array;
  readonly before: Tensor;
  readonly after: Tensor;
}

/** A few real steps. */
async function train(target: TrainableTarget, inputs: Tensor): Promise<Trained> {
  const trainer = await target.trainer({
    optimizer: { kind: 'adam' },
    learningRate: { kind: 'constant', rate: 0.01 },
  });
  for (let step = 0; step < 4; step++) await trainer.step(inputs, LOSS);
  const [hardened, trained] = [trainer.file(), await trainer.target()];
  const [before, after] = [await target.predict(inputs), await trained.predict(inputs)];
  await Promise.all([trainer.dispose(), trained.dispose(), target.dispose()]);
  return { hardened, before, after };
}

/** Written to an empty folder; the path of the main file. */
function written({ files, main }: RewrittenModel): string {
  const folder = temporaryFolder();
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return join(folder, main);
}

function farthest(a: Tensor, b: Tensor): number {
  expect(a.shape).toEqual(b.shape);
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (b.data[i] ?? NaN))), 0);
}

/** Trains, writes, and reads again. */
async function roundTrip(
  file: string,
  domain: Domain,
  sample: readonly number[],
): Promise<Trained & { model: RewrittenModel }> {
  const inputs = probeOf(sample);
  const trained = await train(await opened(file, domain, sample), inputs);
  const model = await rewritten(await readModelFile(file), trained.hardened);
  const again = await opened(written(model), domain, sample);
  const scores = await again.predict(inputs);
  await again.dispose();
  expect(farthest(scores, trained.after)).toBeLessThan(TOLERANCE);
  // It was trained at all.
  expect(farthest(trained.before, trained.after)).toBeGreaterThan(1e-2);
  return { ...trained, model };
}

/** As its `model.json` declares it. */
const GRAPH_MODEL_SAMPLE = [16, 16, 3];

const pictures: Domain = { kind: 'image', layout: 'NHWC', range: [0, 1] };
const table: Domain = { kind: 'tabular', range: [0, 1] };
const { layers } = tfl;
const cell = { units: 3, recurrentInitializer: 'glorotUniform' } as const;

const LAYERS_MODELS: Readonly<Record<string, readonly [sample: readonly number[], chain: () => tfl.layers.Layer[]]>> = {
  convolutions: [
    [8, 8, 2],
    () => [
      layers.rescaling({ scale: 2, offset: -1, inputShape: [8, 8, 2], name: 'scaled' }),
      layers.conv2d({ filters: 4, kernelSize: 3, name: 'conv' }),
      layers.batchNormalization({ name: 'norm', scale: false }),
      layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2, name: 'each' }),
      layers.batchNormalization({ name: 'other', center: false }),
      layers.prelu({ name: 'slopes' }),
      layers.flatten({ name: 'flat' }),
      layers.dense({ units: 2, name: 'scores' }),
    ],
  ],
  sequences: [
    [20],
    () => [
      layers.reshape({ targetShape: [5, 4], inputShape: [20], name: 'steps' }),
      layers.bidirectional({
        layer: layers.lstm({ ...cell, returnSequences: true }),
        mergeMode: 'concat',
        name: 'both',
      }),
      layers.gru({ ...cell, returnSequences: true, name: 'gated' }),
      layers.simpleRNN({ ...cell, name: 'simple' }),
      layers.layerNormalization({ name: 'norm', scale: false }),
      layers.dense({ units: 2, name: 'scores' }),
    ],
  ],
};

async function savedModel(name: string): Promise<{ folder: string; sample: readonly number[]; domain: Domain }> {
  await tf.setBackend('cpu');
  const [sample, chain] = LAYERS_MODELS[name] ?? [[], () => []];
  const model = tfl.sequential({ layers: chain() });
  scramble(model);
  const { files } = await savedLayersModel(model);
  const domain = sample.length === 3 ? pictures : table;
  return { folder: temporaryFolder(Object.fromEntries(files)), sample, domain };
}

test.each(Object.keys(LAYERS_MODELS))('a LayersModel stays one: %s', async (name) => {
  const { folder, sample, domain } = await savedModel(name);
  const { model, after } = await roundTrip(join(folder, 'model.json'), domain, sample);
  expect(model).toMatchObject({ main: 'model.json', format: 'tfjs-layers', note: null });
  // All but the numbers is what it was.
  const before = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')) as unknown;
  expect(JSON.parse(Buffer.from(model.files.get('model.json') ?? []).toString())).toEqual(before);
  for (const [file, bytes] of model.files) {
    if (file !== 'model.json') expect(bytes.length).toBe(readFileSync(join(folder, file)).length);
  }
  // TensorFlow.js itself computes the same.
  const inputs = probeOf(sample);
  const theirs = (await layersModelOf(model)).predict(tf.tensor(inputs.data, [...inputs.shape])) as tf.Tensor;
  expect(farthest({ shape: theirs.shape, data: Float32Array.from(await theirs.data()) }, after)).toBeLessThan(
    TOLERANCE,
  );
});

test('what was stored quantized is written as float32, and moments of the optimizer are left out', async () => {
  const { folder, sample } = await savedModel('convolutions');
  const file = join(folder, 'model.json');
  const json = JSON.parse(readFileSync(file, 'utf8')) as {
    weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] }[];
  };
  const [group] = json.weightsManifest;
  if (group === undefined) throw new Error('no group');
  const bytes = readFileSync(join(folder, group.paths[0] ?? ''));
  const values = new Float32Array(Uint8Array.from(bytes).buffer);
  const quantization = { dtype: 'uint8', scale: 1 / 64, min: -1 };
  const codes = Uint8Array.from(values, (value) => Math.round((value + 1) * 64));
  const moment = { name: 'adam/m', shape: [2], dtype: 'float32', group: 'optimizer' };
  const quantized = group.weights.map((weight) => ({ ...weight, quantization }));
  const manifest = [{ paths: ['a.bin', 'b.bin'], weights: [...quantized, moment] }];
  const all = Buffer.concat([codes, Buffer.from(Float32Array.of(1, 2).buffer)]);
  const other = temporaryFolder({
    'model.json': JSON.stringify({ ...json, weightsManifest: manifest }),
    'a.bin': all.subarray(0, 100),
    'b.bin': all.subarray(100),
  });
  const { model } = await roundTrip(join(other, 'model.json'), pictures, sample);
  expect(model.note).toMatch(/optimizer is left out.* quantized are written as float32/);
  const sizes = ['a.bin', 'b.bin'].map((name) => model.files.get(name)?.length ?? 0);
  expect((sizes[0] ?? 0) + (sizes[1] ?? 0)).toBe(4 * values.length);
  const after = JSON.parse(Buffer.from(model.files.get('model.json') ?? []).toString()) as typeof json;
  expect(after.weightsManifest[0]?.weights).toEqual(group.weights);
});

test('a .keras file stays one, with all that it holds beside the weights', async () => {
  const file = join(models, 'exported-snippets/keras.keras');
  const { model } = await roundTrip(file, pictures, [8, 8, 1]);
  expect(model).toMatchObject({ main: 'keras.keras', format: 'keras' });
});

test('a GraphModel becomes ONNX, and the note says why', async () => {
  const { model } = await roundTrip(join(models, 'graph-model/cnn/model.json'), pictures, GRAPH_MODEL_SAMPLE);
  expect(model).toMatchObject({ main: 'model.onnx', format: 'onnx' });
  expect([...model.files.keys()]).toEqual(['model.onnx']);
  expect(model.note).toBe(
    'The trained model is an ONNX file, for Assay trains the graph that it has made of the model and writes no TensorFlow.js GraphModel.',
  );
});

test('a SavedModel becomes ONNX', async () => {
  const original = await readModelFile(join(models, 'saved-model/mlp'));
  const hardened = readFileSync(join(models, 'fashion-binary.onnx'));
  const model = await rewritten(original, hardened);
  expect(model).toMatchObject({
    main: 'saved_model.onnx',
    format: 'onnx',
    files: new Map([['saved_model.onnx', hardened]]),
  });
  expect(model.note).toMatch(/writes no TensorFlow SavedModel/);
});

test('ONNX stays ONNX, and data of other files moves into it', async () => {
  const whole = readFileSync(join(models, 'fashion-cnn.onnx'));
  const graph = decodeModel({ main: 'm.onnx', files: new Map([['m.onnx', whole]]) });
  const parts = encodeModelFiles(graph, 'm.onnx', 1000);
  const folder = temporaryFolder({ ...Object.fromEntries(parts.files), 'config.json': '{}' });
  const original = await readModelFile(folder);
  expect(original.files.size).toBeGreaterThan(2);
  const model = await rewritten(original, whole);
  expect(new Set(model.files.keys())).toEqual(new Set(['config.json', 'm.onnx']));
  expect(model).toMatchObject({ main: 'm.onnx', format: 'onnx' });
  expect(model.note).toMatch(/^The data of `m.*` lies in the trained file itself\.$/);
  const plain = await rewritten(await readModelFile(join(models, 'fashion-cnn.onnx')), whole);
  expect(plain.note).toBeNull();
});

test('what no weight of the file holds is not lost: the model becomes ONNX', async () => {
  const { folder, sample } = await savedModel('convolutions');
  const original = await readModelFile(join(folder, 'model.json'));
  const trained = await train(await opened(join(folder, 'model.json'), pictures, sample), probeOf(sample));
  const graph = decodeModel({ main: 'm', files: new Map([['m', trained.hardened]]) });
  const scale = graph.nodes.find(({ op }) => op === 'Mul')?.inputs[1] ?? '';
  const constants = new Map([...graph.constants, [scale, float32Constant([], [3])]]);
  const model = await rewritten(original, encodeModel({ ...graph, constants }));
  expect(model).toMatchObject({ main: 'model.onnx', format: 'onnx' });
  expect(model.note).toContain(`\`${scale}\` was trained, and the file cannot hold what it became`);
});
