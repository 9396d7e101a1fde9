import { join } from 'node:path';
import { loadConfig } from '#config/load';
import type { FileTargetConfig } from '#config/schema';
import { prepareTarget } from '../formats/prepare.js';
import { openTarget } from '../open.js';
import { isDifferentiable } from '../target.js';
import { float32Constant } from '../../engine/onnx/graph/constants.js';
import { graphOf, modelOf } from '../../../test/linear-model.js';
import { temporaryFolder } from '../../../test/temporary-folder.js';

// y = W q with q = x rounded to quarters within the file, or by a module in front of it.

const W = [1, -2, 0.5, 3];
const model = (rounds: boolean): Uint8Array => {
  const { main, files } = modelOf(
    graphOf({
      nodes: [
        ...(rounds
          ? [
              { op: 'Mul', inputs: ['x', 'four'], outputs: ['scaled'] },
              { op: 'Round', inputs: ['scaled'], outputs: ['rounded'] },
              { op: 'Div', inputs: ['rounded', 'four'], outputs: ['preprocessed'] },
            ]
          : [{ op: 'Identity', inputs: ['x'], outputs: ['preprocessed'] }]),
        { op: 'Gemm', inputs: ['preprocessed', 'w'], outputs: ['y'] },
      ],
      constants: new Map([
        ['four', float32Constant([], [4])],
        ['w', float32Constant([2, 2], W)],
      ]),
      inputShape: ['n', 2],
      outputShape: ['n', 2],
    }),
  );
  return files.get(main) ?? new Uint8Array();
};

const MODULE = `exports.apply = ({ shape, data }) => ({ shape, data: data.map((x) => Math.round(4 * x) / 4) });`;
const inputs = { shape: [2, 2], data: Float32Array.of(0.1, 0.6, 0.9, 0.33) };
const resources = { threads: 1, batchSize: 16 };

function configured(preprocessor: object | null, rounds: boolean, code = MODULE): string {
  const target = {
    file: 'model.onnx',
    head: 'classes',
    domain: { kind: 'tabular', range: [0, 1], mean: [0], std: [0.5] },
    ...(preprocessor === null ? {} : { preprocessor }),
  };
  return temporaryFolder({
    'assay.config.json': JSON.stringify({ target, audits: {} }),
    'model.onnx': model(rounds),
    'squeeze.cjs': code,
  });
}

async function opened(folder: string, engine: 'onnx' | 'tfjs' = 'onnx') {
  const { config } = await loadConfig(undefined, { cwd: folder, allowCode: true });
  const prepared = await prepareTarget(config.target as FileTargetConfig, engine);
  const { target, card } = await openTarget(prepared.config, prepared.model, inputs, resources);
  return { target, card };
}

describe.each(['onnx', 'tfjs'] as const)('on the engine %s', (engine) => {
  test('a value of the file is declared in the config: gradients are those of the linear model', async () => {
    const bare = await opened(configured(null, true), engine);
    expect(isDifferentiable(bare.target)).toBe(false);
    expect(bare.target.structure?.blocked).toMatchObject([{ operator: 'Round' }]);
    const { target, card } = await opened(configured({ output: 'preprocessed' }, true), engine);
    if (!isDifferentiable(target)) throw new Error('no gradients');
    const { gradient } = await target.gradient(inputs, { kind: 'score', labels: Float64Array.of(0, 1) });
    expect([...gradient.data]).toEqual([2, 1, -4, 6]);
    expect(target.structure).toEqual({ blocked: [], random: [] });
    expect(await target.predict(inputs)).toEqual(await bare.target.predict(inputs));
    expect(card.notes.join()).toContain('gradients pass from `preprocessed` to the input');
    expect(card.digest).not.toBe(bare.card.digest);
    await Promise.all([target.dispose(), bare.target.dispose()]);
  });

  test('a module is declared in the config: it rounds in the units of the data', async () => {
    const { target, card } = await opened(configured({ module: './squeeze.cjs' }, false), engine);
    if (!isDifferentiable(target)) throw new Error('no gradients');
    // (0.1, 0.6) -> (0, 0.5), over 0.5 -> (0, 1)
    expect([...(await target.predict(inputs)).data.subarray(0, 2)]).toEqual([0.5, 3]);
    const { gradient } = await target.gradient(inputs, { kind: 'score', labels: Float64Array.of(0, 1) });
    expect([...gradient.data]).toEqual([2, 1, -4, 6]);
    expect(card.notes.join()).toContain('gradients pass the declared preprocessor as if it were the identity');
    expect(card.files.map(({ name }) => name)).toEqual(['model.onnx', 'squeeze.cjs']);
    expect(card.digest).toBe(target.digest);
    await target.dispose();
  });
});

test('a module is code: JSON alone never runs it', async () => {
  const folder = configured({ module: './squeeze.cjs' }, false);
  await expect(loadConfig(undefined, { cwd: folder, allowCode: false })).rejects.toThrow(
    '`target.preprocessor.module` is "./squeeze.cjs", and a module is code. Add --allow-code if you trust it',
  );
  const { config } = await loadConfig(undefined, { cwd: folder, allowCode: true });
  expect(config.target?.preprocessor).toEqual({ module: join(folder, 'squeeze.cjs') });
});

test.each<[string, object, RegExp]>([
  ['nothing named', {}, /`target\.preprocessor` names nothing: give `output`/],
  ['both named', { output: 'q', module: './squeeze.cjs' }, /`target\.preprocessor` has both `output` and `module`/],
  [
    'a value misspelled',
    { output: 'preproccessed' },
    /is "preproccessed", and no node of the model gives such a value. Did you mean "preprocessed"\?/,
  ],
  [
    'a module that is not there',
    { module: './nowhere.mjs' },
    /the file of `target\.preprocessor\.module` cannot be read/,
  ],
])('%s is refused in one sentence', async (_, preprocessor, sentence) => {
  await expect(opened(configured(preprocessor, true))).rejects.toMatchObject({
    code: 'config',
    message: expect.stringMatching(sentence) as string,
  });
});

test('a module without `apply` is refused', async () => {
  await expect(opened(configured({ module: './squeeze.cjs' }, false, 'exports.predict = 1;'))).rejects.toThrow(
    'squeeze.cjs: the module exports no function `apply`. Write `export function apply(batch) { ... }`',
  );
});

test('only a model file has one', async () => {
  const target = {
    url: 'https://127.0.0.1/',
    shape: [2],
    gives: 'logits',
    head: 'classes',
    preprocessor: { output: 'q' },
  };
  const config = { target: { ...target, domain: { kind: 'tabular', range: [0, 1] } }, audits: {} };
  const folder = temporaryFolder({ 'assay.config.json': JSON.stringify(config) });
  await expect(loadConfig(undefined, { cwd: folder, allowCode: true })).rejects.toThrow(
    '`target.preprocessor` is for a model file, and `target.url` names an endpoint',
  );
});

test('the text and the file of a module are part of the digest', async () => {
  const digestOf = async (code: string): Promise<string> => {
    const { target } = await opened(configured({ module: './squeeze.cjs' }, false, code));
    await target.dispose();
    return target.digest;
  };
  expect(await digestOf(`${MODULE} `)).not.toBe(await digestOf(MODULE));
  expect(await digestOf(MODULE)).toBe(await digestOf(MODULE));
});
