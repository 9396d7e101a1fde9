import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { messageOf } from '#base/errors';
import { packageRoot } from '#base/package-root';
import { row, rowRange, type Tensor } from '#base/tensor';
import { checkConfig } from '#config/load';
import { absoluteSamples } from '#config/complete';
import type { FileTargetConfig } from '#config/schema';
import { loadSamples, type LoadedSamples } from '#data/load-samples';
import { decodeModel, encodeModel, type Graph } from '#engine/index';
import { temporaryFolder } from '../../../test/temporary-folder.js';
import { isRight } from '../checks/accuracy.js';
import { declareTarget, type FileDeclaration } from '../declare.js';
import { prepareTarget, type EngineName } from '../formats/prepare.js';
import { openTarget, type OpenedTarget } from '../open.js';
import { isDifferentiable, isTrainable, type DifferentiableTarget } from '../target.js';
import { engineInputs, type TextInputs } from './inputs.js';
import { isTextTarget, type TextTarget } from './text-target.js';

const PLACE = join(packageRoot(), 'fixtures/models/text');
const at = (name: string): string => join(PLACE, name);
const MODEL = at('sentiment.onnx');
const TOKENIZER = at('sentiment-tokenizer.json');
const LENGTH = 64;
const RESOURCES = { threads: 1, batchSize: 64 };

/** What PyTorch and Hugging Face's tokenizers make of the test rows; of the first eight ids, logits and gradients. */
const expected = JSON.parse(gunzipSync(readFileSync(at('sentiment-expected.json.gz'))).toString()) as {
  readonly accuracy: number;
  readonly truncated: number;
  readonly ids: readonly (readonly number[])[];
  readonly logits: readonly (readonly number[])[];
  readonly gradientNorms: readonly (readonly number[])[];
};
const written = JSON.parse(readFileSync(at('sentiment.config.json'), 'utf8')) as unknown;
const { target: stored, data } = checkConfig(written, { code: 'config', file: 'sentiment.config.json', path: [] });
const samplesConfig = absoluteSamples(data!.test!, at);

function config(domain: Partial<FileTargetConfig['domain']> = {}, file = MODEL): FileTargetConfig {
  const { head, labels } = stored!;
  return { file, head, labels: labels!, domain: { kind: 'text', tokenizer: TOKENIZER, length: LENGTH, ...domain } };
}

interface Opened extends OpenedTarget {
  readonly target: TextTarget & DifferentiableTarget;
  readonly declaration: FileDeclaration;
  readonly loaded: LoadedSamples;
}

async function open(given: FileTargetConfig, engine: EngineName = 'onnx', probes = 16): Promise<Opened> {
  const prepared = await prepareTarget(given, engine);
  const declaration = await declareTarget(prepared.config, prepared.model);
  const loaded = await loadSamples(samplesConfig, declaration, 0);
  const probe = rowRange(loaded.samples.inputs, 0, probes);
  const { target, card } = await openTarget(prepared.config, prepared.model, probe, RESOURCES);
  if (!isTextTarget(target) || !isDifferentiable(target)) throw new Error('it takes texts and has gradients');
  return { target, card, declaration, loaded };
}

async function declared(given: FileTargetConfig): Promise<FileDeclaration> {
  const prepared = await prepareTarget(given);
  return declareTarget(prepared.config, prepared.model);
}

const refusal = (given: FileTargetConfig): Promise<string> => declared(given).then(() => 'it was taken', messageOf);

/** The fixture with its graph changed, in a file of its own. */
function changed(change: (graph: Graph) => Graph): string {
  const graph = decodeModel({ main: 'm', files: new Map([['m', readFileSync(MODEL)]]) });
  const folder = temporaryFolder({});
  writeFileSync(join(folder, 'model.onnx'), encodeModel(change(graph)));
  return join(folder, 'model.onnx');
}

let opened: Opened;
beforeAll(async () => {
  opened = await open(config());
});
afterAll(() => opened.target.dispose());

describe('the fixture', () => {
  test('is encoded as Hugging Face encodes it', () => {
    const { inputs } = opened.loaded.samples;
    expect(inputs.shape).toEqual([200, LENGTH]);
    expect(expected.ids.map((_, i) => [...row(inputs, i)])).toEqual(expected.ids);
    expect(opened.loaded.card.drawn).toBe(
      `all 200 samples; ${expected.truncated} texts were longer than 64 tokens and lost the end`,
    );
    expect(opened.loaded.groups.map(({ name }) => name)).toEqual(['domain']);
  });

  test('is as often right as in PyTorch, with the same scores', async () => {
    const { target, loaded } = opened;
    const scores = await target.predict(loaded.samples.inputs);
    const right = isRight(target.head, scores, loaded.samples.labels);
    expect(right.filter(Boolean)).toHaveLength(Math.round(expected.accuracy * 200));
    // Of scores up to 5 in float32.
    expect(expected.logits.flatMap((logits, i) => distances(row(scores, i), logits)).every((d) => d < 2e-5)).toBe(true);
  });

  test('says on its card how texts get into it', () => {
    const { card, declaration } = opened;
    expect(declaration.domain).toEqual({
      kind: 'text',
      shape: [LENGTH],
      tokens: { vocabulary: 3000, padding: 0, mask: 4, special: [0, 1, 2, 3, 4] },
    });
    expect(card.domain).toEqual({ kind: 'text', shape: [LENGTH], range: null, layout: null, mean: [], std: [] });
    expect(card.input?.name).toBe('input_ids');
    expect(card.notes[0]).toBe(
      'Texts become 64 tokens each by `sentiment-tokenizer.json`, given as `input_ids`, with `attention_mask` made from them.',
    );
    expect(card.files.map(({ name }) => name)).toEqual(['sentiment.onnx', 'sentiment-tokenizer.json']);
  });

  test('reads tokens, and texts of ids', () => {
    const { tokenizer } = opened.target;
    const { ids } = tokenizer.encode('Utterly unforgettable!', 12);
    const tokens = tokenizer.tokens(ids);
    expect([tokens[0], ...tokens.slice(-3)]).toEqual(['[CLS]', '[PAD]', '[PAD]', '[PAD]']);
    expect(tokens.slice(1, tokens.indexOf('[SEP]')).join(' ').replaceAll(' ##', '')).toBe('utterly unforgettable !');
    expect(tokenizer.decode(ids)).toBe('utterly unforgettable!');
    expect(() => tokenizer.tokens([3000])).toThrow('no token has the id 3000');
  });
});

describe('a target of texts', () => {
  test('gives scores that do not depend on padding', async () => {
    const short = await open(config({ length: 40 }));
    const texts = ['a thoughtful, provocative film', 'it broke after two days'];
    const scores = async ({ target }: Opened) => (await target.predict(encoded(target, texts))).data;
    const few = await scores(short);
    await short.target.dispose();
    expect(distances(few, await scores(opened)).every((d) => d < 1e-6)).toBe(true);
  });

  test('has gradients at its embeddings, as PyTorch says them', async () => {
    const inputs = rowRange(opened.loaded.samples.inputs, 0, 8);
    const { gradient } = await opened.target.gradient(inputs, positive(8));
    expect(gradient.shape).toEqual([8, LENGTH, 32]);
    const norms = normsOf(gradient);
    expect(distances(norms, expected.gradientNorms.flat()).every((d) => d < 1e-5 * Math.max(...norms))).toBe(true);
  });

  test('has them from both engines, which share no code', async () => {
    const [own, other] = [await open(config({ length: 12 }), 'onnx', 1), await open(config({ length: 12 }), 'tfjs', 1)];
    const inputs = encoded(own.target, ['a film of great charm', 'never again']);
    const { gradient, scores } = await own.target.gradient(inputs, positive(2));
    const second = await other.target.gradient(inputs, positive(2));
    const { rows } = await other.target.jacobian(inputs, Float64Array.of(1, 1));
    await own.target.dispose();
    await other.target.dispose();
    expect(other.card.engine).toBe('tfjs');
    const largest = Math.max(...gradient.data.map(Math.abs));
    expect(distances(second.gradient.data, gradient.data).every((d) => d < 1e-5 * largest)).toBe(true);
    expect(distances(rows.data, gradient.data).every((d) => d < 1e-5 * largest)).toBe(true);
    expect(distances(second.scores.data, scores.data).every((d) => d < 2e-5)).toBe(true);
  });

  test('is trained on texts, and what comes out takes texts too', async () => {
    const { target, loaded } = opened;
    if (!isTrainable(target)) throw new Error('it is trainable');
    const inputs = rowRange(loaded.samples.inputs, 0, 16);
    const loss = { kind: 'cross-entropy', labels: loaded.samples.labels.values.slice(0, 16) } as const;
    const trainer = await target.trainer({
      optimizer: { kind: 'sgd', momentum: 0 },
      learningRate: { kind: 'constant', rate: 0.1 },
    });
    const before = (await trainer.step(inputs, loss)).loss;
    const { loss: after } = await trainer.inputGradient(inputs, loss);
    const trained = await trainer.target();
    const { loss: found } = await trained.gradient(inputs, loss);
    await trainer.dispose();
    await trained.dispose();
    expect(mean(after)).toBeLessThan(before);
    expect(Math.abs(mean(found) - mean(after))).toBeLessThan(1e-6);
  });
});

describe('how a model is given a text', () => {
  const ids = (values: number[]): Tensor => ({ shape: [1, values.length], data: Float32Array.from(values) });
  const given = (inputs: TextInputs, values: number[]) =>
    Object.fromEntries(
      [...(engineInputs(inputs, ids(values), 0) as ReadonlyMap<string, Tensor>)].map(([name, { data }]) => [
        name,
        [...data],
      ]),
    );
  const all: TextInputs = {
    ids: 'tokens',
    length: null,
    vectors: 10,
    beside: new Map([
      ['attention_mask', 'mask'],
      ['token_type_ids', 'types'],
      ['position_ids', 'positions'],
    ]),
  };

  test('a mask of what is no padding, types of 0, and places', () => {
    expect(given(all, [2, 7, 0, 3, 0, 0])).toEqual({
      tokens: [2, 7, 0, 3, 0, 0],
      attention_mask: [1, 1, 0, 1, 0, 0],
      token_type_ids: [0, 0, 0, 0, 0, 0],
      position_ids: [0, 1, 2, 3, 4, 5],
    });
  });

  test('places begin at the text where it is padded on the left', () => {
    expect(given(all, [0, 0, 2, 7, 3])['position_ids']).toEqual([0, 0, 0, 1, 2]);
    expect(given(all, [0, 0, 0])['position_ids']).toEqual([0, 0, 0]);
  });
});

describe('a declaration', () => {
  test('takes the tokenizer of the folder of a model', async () => {
    const folder = temporaryFolder({ 'config.json': '{"id2label": {"0": "bad", "1": "good"}}' });
    copyFileSync(MODEL, join(folder, 'model.onnx'));
    copyFileSync(TOKENIZER, join(folder, 'tokenizer.json'));
    const domain = { kind: 'text', length: LENGTH } as const;
    const { domain: found, labels } = await declared({ file: folder, head: 'classes', domain });
    expect(found).toEqual(opened.declaration.domain);
    expect(labels).toEqual(['bad', 'good']);
  });

  test('takes the length that a file fixes', async () => {
    const file = changed((graph) => ({
      ...graph,
      inputs: graph.inputs.map((each) => ({ ...each, shape: ['n', 32] })),
    }));
    const { tokenizer } = config().domain;
    const { domain } = await declared({ ...config({}, file), domain: { kind: 'text', tokenizer: tokenizer! } });
    expect(domain.shape).toEqual([32]);
    expect(await refusal(config({}, file))).toBe(
      'model.onnx: `target.domain.length` is 64, and the input `input_ids` takes 32 tokens. Remove it, or set it to 32.',
    );
  });

  test.each<[string, () => FileTargetConfig, string]>([
    [
      'no tokenizer',
      () => ({ ...config(), domain: { kind: 'text', length: LENGTH } }),
      "sentiment.onnx: `target.domain.tokenizer` is missing, and the model's folder has no tokenizer.json.",
    ],
    [
      'no length',
      () => ({ ...config(), domain: { kind: 'text', tokenizer: TOKENIZER } }),
      'sentiment.onnx: `target.domain.length` is missing, and the input `input_ids` leaves the length of a text open.',
    ],
    [
      'a length with no room',
      () => config({ length: 2 }),
      'sentiment-tokenizer.json: a text of 2 tokens has no room beside 2 special ones.',
    ],
    ['a file that is not there', () => config({ tokenizer: at('none.json') }), 'none.json: there is no such file.'],
    ['a file that is no tokenizer', () => config({ tokenizer: at('sentiment.config.json') }), 'this is no tokenizer'],
    [
      'a tokenizer of another model',
      () =>
        config(
          {},
          changed((graph) => withFewerVectors(graph, 2000)),
        ),
      '`sentiment-tokenizer.json` has 3,000 tokens, and the embedding of `input_ids` has vectors for 2,000.',
    ],
    [
      'an input of unknown meaning',
      () =>
        config(
          {},
          changed((graph) => ({
            ...graph,
            inputs: [...graph.inputs, { name: 'bbox', type: 'int64', shape: ['n', 4] }],
          })),
        ),
      'the model takes `bbox` beside the tokens `input_ids`, and Assay does not know what to give it.',
    ],
    [
      'a model of pictures',
      () => config({}, join(packageRoot(), 'fixtures/models/fashion-mlp.onnx')),
      'no input of the model chooses rows of a table of embeddings, as tokens do.',
    ],
  ])('refuses %s', async (_, given, sentence) => {
    expect(await refusal(given())).toContain(sentence);
  });
});

function withFewerVectors(graph: Graph, rows: number): Graph {
  const constants = [...graph.constants].map(([name, constant]) => {
    const [first, width = 1] = constant.shape;
    if (first !== 3000) return [name, constant] as const;
    return [name, { ...constant, shape: [rows, width], bytes: constant.bytes.subarray(0, rows * width * 4) }] as const;
  });
  return { ...graph, constants: new Map(constants) };
}

function encoded({ tokenizer, domain }: TextTarget, texts: readonly string[]): Tensor {
  const [length = 0] = domain.shape;
  const data = new Float32Array(texts.length * length);
  texts.forEach((text, i) => data.set(tokenizer.encode(text, length).ids, i * length));
  return { shape: [texts.length, length], data };
}

function distances(found: ArrayLike<number>, wanted: ArrayLike<number>): number[] {
  expect(found).toHaveLength(wanted.length);
  return Array.from(wanted, (value, i) => Math.abs(value - (found[i] ?? NaN)));
}

function positive(rows: number) {
  return { kind: 'score', labels: new Float64Array(rows).fill(1) } as const;
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function normsOf({ shape, data }: Tensor): number[] {
  const width = shape[2] ?? 1;
  return Array.from({ length: data.length / width }, (_, i) =>
    Math.hypot(...data.subarray(i * width, (i + 1) * width)),
  );
}
