import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import type { FileTargetConfig, SamplesConfig } from '#config/schema';
import { loadSamples } from '#data/load-samples';
import type { TargetCard } from '#report/report';
import { checkTarget } from '../checks/index.js';
import { declareTarget } from '../declare.js';
import { openTarget } from '../open.js';
import { inMemory } from '../sample-source.js';
import type { Samples, Target } from '../target.js';
import { prepareTarget, type EngineChoice } from './prepare.js';

/** What the snippets of docs/exporting.md wrote, run by `fixtures/make/exporting`, opens and gives the library's own scores. */

const folder = join(packageRoot(), 'fixtures/models/exported-snippets');
const at = (name: string): string => join(folder, name);

const digits = (layout: 'NCHW' | 'NHWC', more: object = {}): FileTargetConfig['domain'] => ({
  ...{ kind: 'image', layout, range: [0, 1] },
  ...more,
});
const flowers: FileTargetConfig['domain'] = { kind: 'tabular', range: [0, 10] };
const DIGITS: SamplesConfig = { inputs: at('digits-inputs.npy'), labels: at('digits-labels.npy'), scale: 1 / 16 };
const IRIS: SamplesConfig = { inputs: at('iris-inputs.npy'), labels: at('iris-labels.npy') };

interface Opened {
  readonly target: Target;
  readonly card: TargetCard;
  readonly samples: Samples;
}

async function opened(
  config: Omit<FileTargetConfig, 'head'>,
  data: SamplesConfig,
  engine: EngineChoice = 'auto',
): Promise<Opened> {
  const prepared = await prepareTarget({ head: 'classes', ...config }, engine);
  const { samples } = await loadSamples(data, await declareTarget(prepared.config, prepared.model), 0);
  const probe = { ...samples.inputs, shape: [16, ...samples.inputs.shape.slice(1)] };
  const few = { ...probe, data: probe.data.slice(0, (16 * probe.data.length) / samples.indices.length) };
  const resources = { threads: 1, batchSize: 64 };
  return { ...(await openTarget(prepared.config, prepared.model, few, resources)), samples };
}

/** What the library itself gave for the first samples: logits, or probabilities, of which logits are given here as logarithms. */
function expectedOf(name: string): { readonly scores: readonly (readonly number[])[] } {
  return JSON.parse(readFileSync(at(`${name}.json`), 'utf8')) as { scores: number[][] };
}

async function scoresOf({ target, samples }: Opened, count: number): Promise<number[][]> {
  const width = samples.inputs.data.length / samples.indices.length;
  const shape = [count, ...samples.inputs.shape.slice(1)];
  const { data } = await target.predict({ shape, data: samples.inputs.data.slice(0, count * width) });
  const outputs = data.length / count;
  return Array.from({ length: count }, (_, i) => [...data.slice(i * outputs, (i + 1) * outputs)]);
}

/** Each is compared on the scale of probabilities, on which all of them can be. */
function softmax(scores: readonly number[]): number[] {
  const most = Math.max(...scores);
  const exponentials = scores.map((score) => Math.exp(score - most));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

const LOGITS = new Set(['pytorch', 'jax', 'hugging-face']);

const MODELS: Readonly<Record<string, { config: Omit<FileTargetConfig, 'head'>; data: SamplesConfig }>> = {
  pytorch: { config: { file: at('pytorch.onnx'), domain: digits('NCHW') }, data: DIGITS },
  keras: { config: { file: at('keras.onnx'), domain: digits('NHWC') }, data: DIGITS },
  jax: { config: { file: at('jax.onnx'), domain: digits('NHWC') }, data: DIGITS },
  'hugging-face': { config: { file: at('hugging-face'), domain: digits('NCHW') }, data: DIGITS },
  'scikit-learn': { config: { file: at('scikit-learn.onnx'), output: 'probabilities', domain: flowers }, data: IRIS },
  'boosted-trees': { config: { file: at('boosted-trees.onnx'), output: 'probabilities', domain: flowers }, data: IRIS },
};

test.each(Object.keys(MODELS))('%s', async (name) => {
  const { config, data } = MODELS[name] ?? { config: { file: '', domain: flowers }, data: IRIS };
  const model = await opened(config, data);
  const expected = expectedOf(name).scores;
  const found = await scoresOf(model, expected.length);
  // float32 in two libraries, on probabilities; the stored ones are rounded to seven digits.
  found.forEach((scores, i) => {
    const wanted = LOGITS.has(name) ? softmax(expected[i] ?? []) : (expected[i] ?? []);
    softmax(scores).forEach((probability, j) => expect(Math.abs(probability - (wanted[j] ?? NaN))).toBeLessThan(2e-6));
  });
  const { accuracy, checks } = await checkTarget(model.target, { ...model.samples.inputs }, inMemory(model.samples));
  expect(accuracy?.value).toBeGreaterThan(0.75);
  expect(checks.filter(({ holds }) => holds !== true)).toEqual([]);
  await model.target.dispose();
});

test('trees give scores only, and the card names the operator that stands in the way', async () => {
  const { target, card } = await opened(MODELS['boosted-trees']?.config ?? { file: '', domain: flowers }, IRIS);
  expect(card.capabilities).toEqual(['labels', 'scores']);
  expect(card.missing.map(({ capability }) => capability)).toEqual(['gradients', 'layers', 'training']);
  expect(card.missing[0]?.because).toMatch(/TreeEnsemble/);
  await target.dispose();
});

test('a folder of Hugging Face brings its labels and its normalization, and the card says so', async () => {
  const { target, card } = await opened(MODELS['hugging-face']?.config ?? { file: '', domain: flowers }, DIGITS);
  expect(card.labels?.slice(0, 3)).toEqual(['zero', 'one', 'two']);
  expect(card.domain).toMatchObject({ mean: [expect.closeTo(0.3, 6)], std: [expect.closeTo(0.35, 6)] });
  expect(card.files.map(({ name }) => name)).toEqual(['model.onnx', 'config.json', 'preprocessor_config.json']);
  expect(card.notes.filter((note) => note.includes("model's folder"))).toHaveLength(2);
  await target.dispose();
});

test('the same folder contradicts a config that says something else', async () => {
  const wrong = { file: at('hugging-face'), domain: digits('NCHW', { mean: [0.5], std: [0.5] }) };
  await expect(opened(wrong, DIGITS)).rejects.toThrow(
    "`target.domain.mean` is [0.5], and in the model's folder it is [0.3]",
  );
});

test('a .keras file needs no export: it gives the scores of the exported one', async () => {
  const kept = await opened({ file: at('keras.keras'), domain: digits('NHWC') }, DIGITS);
  const exported = await opened({ file: at('keras.onnx'), domain: digits('NHWC') }, DIGITS);
  const [left, right] = [await scoresOf(kept, 16), await scoresOf(exported, 16)];
  left.forEach((scores, i) =>
    softmax(scores).forEach((p, j) => expect(Math.abs(p - (softmax(right[i] ?? [])[j] ?? NaN))).toBeLessThan(2e-6)),
  );
  expect(kept.card).toMatchObject({ format: 'Keras 3 (.keras)', engine: 'onnx', opset: 20 });
  expect(kept.card.files).toEqual([expect.objectContaining({ name: 'keras.keras' })]);
  expect(kept.card.capabilities).toContain('training');
  expect(kept.card.notes[0]).toMatch(/brought to an ONNX graph/);
  await Promise.all([kept.target.dispose(), exported.target.dispose()]);
});
