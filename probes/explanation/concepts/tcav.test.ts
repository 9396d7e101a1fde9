import { takeRows, type Tensor } from '#base/tensor';
import { closedObject } from '#config/configurable';
import type { TargetConfig } from '#config/schema';
import { check } from '#config/validate';
import { Detail } from '#report/details';
import { randomStreams, rng } from '#stats/random';
import { wilson } from '#stats/intervals';
import { labelsOf } from '#target/head';
import { openTarget } from '#target/open';
import { inMemory, type SampleSource } from '#target/sample-source';
import type { Target } from '#target/target';
import { conceptInputs, plantedConcept } from '../../../test/planted-concept.js';
import { keyOf } from './question.js';
import { tcav, type TcavContext } from './tcav.js';
import { scoreInterval } from './words.js';

const source = rng('tcav');
const withTruth = (inputs: Tensor): SampleSource => {
  const [rows = 0] = inputs.shape;
  const values = Float64Array.from({ length: rows }, (_, i) => i % 2);
  return inMemory({ inputs, labels: labelsOf(values), indices: Array.from(values.keys()) });
};

const background = withTruth(conceptInputs(120, source));
const inputs = new Map([
  [keyOf('used'), withTruth(conceptInputs(20, source, 0, 3))],
  [keyOf('chance'), withTruth(conceptInputs(20, source))],
]);

async function planted(engine: 'onnx' | 'tfjs' = 'onnx'): Promise<Target> {
  const config: TargetConfig = {
    ...{ file: 'planted.onnx', head: 'classes', labels: ['yes', 'no'] },
    domain: { kind: 'tabular', range: [-100, 100] },
  };
  const model = { ...plantedConcept(rng('planted')), engine };
  const { target } = await openTarget(config, model, conceptInputs(8, rng('probe')), { threads: 1, batchSize: 32 });
  return target;
}

function contextOf(target: Target, given: object, changes: Partial<TcavContext> = {}): TcavContext {
  const concepts = { used: { inputs: 'used.npy' }, chance: { inputs: 'chance.npy' } };
  const options = { concepts, score: 'yes', runs: 2, permutations: 39, ...given };
  return {
    // Checked against the schema of the very options.
    options: check(closedObject(tcav.options), options, { code: 'config', file: 'tcav', path: [] }) as never,
    ...{ target, background, inputs, random: randomStreams(7, 'tcav'), progress: () => undefined },
    ...changes,
  };
}

let target: Target;

beforeAll(async () => {
  target = await planted();
});

afterAll(async () => {
  await target.dispose();
});

test('a planted concept raises the score, p < .01 is said, and what is drawn by chance is told from nothing', async () => {
  const steps: number[] = [];
  const given = { layer: 'encode', runs: 4, permutations: 199 };
  const asked = contextOf(target, given, { progress: (done) => steps.push(done) });
  await tcav.check(asked);
  const { details, statements } = await tcav.explain(asked);
  for (const detail of details) check(Detail, detail, { code: 'run', file: 'tcav', path: [] });
  const [bars, table, vectors] = details;
  if (bars?.kind !== 'bars' || table?.kind !== 'table' || vectors?.kind !== 'table') throw new Error('three figures');
  const [used, chance] = table.rows;
  const column = (label: string) => table.columns.findIndex((each) => each.label === label);
  expect(used![column('p')]).toBeLessThan(0.01);
  expect([used![column('Reading')], chance![column('Reading')]]).toEqual(['raises the score', 'not told from random']);
  expect(used![column('TCAV score')]).toBeGreaterThan(0.7);
  const accuracies = vectors.rows.map((cells) => Number(cells[2]));
  expect(accuracies[0]).toBeGreaterThan(0.75);
  expect(accuracies[1]).toBeLessThan(0.75);
  expect(bars.rows.map(({ name }) => name)).toEqual(['used', 'chance']);
  for (const { value, low, high } of bars.rows) expect([low! <= value, value <= high!]).toEqual([true, true]);
  expect(statements[1]).toMatch(/^“used”: the score of yes rises towards the concept \(p = \.00\d, p = \.0\d\d after/);
  expect(statements[2]).toMatch(/^“chance”: its concept vectors cannot be told from those of random inputs \(p = /);
  expect(steps.at(-1)).toBe(3);
});

test('the same seed gives the same, another seed does not', async () => {
  const once = await tcav.explain(contextOf(target, {}));
  expect(await tcav.explain(contextOf(target, {}))).toEqual(once);
  const other = await tcav.explain(contextOf(target, {}, { random: randomStreams(8, 'tcav') }));
  expect(other).not.toEqual(once);
});

test('the layer is named, or the one that the head reads; random inputs are those of the config where it names them', async () => {
  const named = new Map([...inputs, ['random', withTruth(conceptInputs(37, source))]]);
  const { statements } = await tcav.explain(contextOf(target, { layer: 'encode' }, { inputs: named }));
  expect(statements[0]).toContain('At the layer `encode` (Gemm, 8), the score of yes, 60 examples, 37 random inputs;');
  const usual = await tcav.explain(contextOf(target, {}));
  expect(usual.statements[0]).toMatch(
    /At the layer `.*` \(Relu, 8\), the score of yes, 60 examples, 100 random inputs;/,
  );
});

test('TensorFlow.js shows its layers too, and comes to the same', async () => {
  const other = await planted('tfjs');
  const [here, there] = [await tcav.explain(contextOf(target, {})), await tcav.explain(contextOf(other, {}))];
  await other.dispose();
  const readings = ({ details: [, table] }: typeof here) =>
    table?.kind === 'table' ? table.rows.map((cells) => [cells[0], cells[1], cells.at(-1)]) : [];
  expect(readings(there)).toEqual(readings(here));
});

test.each([
  ['a layer that there is not', { layer: 'encoder' }, 'the model has no layer `encoder`. It has `encode`, `mix`, '],
  ['a score that there is not', { score: 'yess' }, 'the model has no such score; the closest label is "yes"'],
  ['a score beyond the last', { score: 2 }, 'the name of a label, or an index from 0 to 1'],
  [
    'permutations that can tell nothing',
    { permutations: 19 },
    'no corrected p-value can be 0.05 or below. Set it to 39',
  ],
])('%s is refused before anything runs', async (_, given, sentence) => {
  await expect(tcav.check(contextOf(target, given))).rejects.toThrow(sentence);
});

test('too few inputs of a concept, too few random ones, and too few of the class are refused', async () => {
  const few = new Map([...inputs, [keyOf('chance'), withTruth(conceptInputs(9, source))]]);
  await expect(tcav.check(contextOf(target, {}, { inputs: few }))).rejects.toThrow(
    'the concept "chance" of `explain.tcav`: it has 9 inputs, and 10 are the least',
  );
  const many = new Map([...inputs, [keyOf('used'), withTruth(conceptInputs(121, source))]]);
  await expect(tcav.check(contextOf(target, {}, { inputs: many }))).rejects.toThrow(
    'there are 120 random inputs, and the largest concept has 121',
  );
  const { inputs: rows, indices } = await background.range(0, 30);
  const rare = inMemory({
    inputs: takeRows(rows, indices),
    labels: labelsOf(indices.map((i) => Number(i > 3))),
    indices,
  });
  await expect(tcav.check(contextOf(target, {}, { background: rare }))).rejects.toThrow(
    'of 30 drawn samples 4 are of yes, and 10 are the least',
  );
});

test('the interval is that of the examples where all runs agree, and wider where they do not', () => {
  const agreed = scoreInterval({ score: 0.8, runScores: [0.8, 0.8, 0.8] }, { examples: 100 });
  const { low, high } = wilson(80, 100);
  expect(Math.abs(agreed.low - low) + Math.abs(agreed.high - high)).toBeLessThan(1e-12);
  // Variance .0016 of 100 examples and .0012 of three runs: 57.1 examples would be as uncertain.
  const spread = scoreInterval({ score: 0.8, runScores: [0.74, 0.8, 0.86] }, { examples: 100 });
  const [less, more] = [wilson(45, 57), wilson(46, 57)];
  expect(spread.low).toBeGreaterThan(less.low);
  expect(spread.high).toBeLessThan(more.high + 0.01);
  expect(spread.high - spread.low).toBeGreaterThan(1.25 * (high - low));
  expect(scoreInterval({ score: 1, runScores: [1, 1] }, { examples: 50 })).toEqual(wilson(50, 50));
});
