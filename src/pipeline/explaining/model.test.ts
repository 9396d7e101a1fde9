import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { builtinExplaining } from '#builtin';
import type { Json, JsonObject } from '#base/json';
import { complete } from '#config/complete';
import type { Config, TargetConfig } from '#config/schema';
import { sourceOf } from '#data/streams/stored-samples';
import { storeSamples } from '#data/load-samples';
import { writeNpy } from '#data/write-npy';
import type { StepValue } from '#plugin/plugin';
import { ExplanationRecord, type RecordedExplainer } from '#report/explanation';
import { explanationPage } from '#reports/html/explanation';
import { rng } from '#stats/random';
import type { Domain } from '#target/domain';
import { conceptInputs, plantedConcept, WIDTH } from '../../../test/planted-concept.js';
import { temporaryFolder } from '../../../test/temporary-folder.js';
import { describeInWorker, type DescribeTask } from './describe-task.js';
import { readNamed } from './model.js';
import type { OpenedTarget } from './open.js';
import { recordedModelExplainer } from './record.js';
import { outcomeIn } from './run.js';
import { modelScheduleOf } from './schedule.js';

// From the options of a config, whose paths are relative to it, to the record and the page: all but the process around it.

const source = rng('model explainers');
const folder = temporaryFolder();
mkdirSync(join(folder, 'concepts'));

function save(path: string, rows: number, value = 0, shift = 0): void {
  writeFileSync(join(folder, path), writeNpy([rows, WIDTH], conceptInputs(rows, source, value, shift).data));
}
save('x.npy', 120);
writeFileSync(
  join(folder, 'y.npy'),
  writeNpy(
    [120],
    Int32Array.from({ length: 120 }, (_, i) => i % 2),
  ),
);
save('concepts/used.npy', 40, 0, 3);
save('concepts/nothing.npy', 20);
const csv = ['a,b,c,d,e,f,g,h', ...Array.from({ length: 25 }, (_, i) => `${i % 3},1,0,-1,2,0,1,${i / 25}`)].join('\n');
writeFileSync(join(folder, 'concepts/rows.csv'), `${csv}\n`);

const target: TargetConfig = {
  ...{ file: 'planted.onnx', head: 'classes', labels: ['yes', 'no'] },
  domain: { kind: 'tabular', range: [-100, 100] },
};
const head = { kind: 'classes', count: 2 } as const;
const domain: Domain = {
  ...{ kind: 'tabular', shape: [WIDTH], range: [-100, 100] },
  ...{ mean: new Array<number>(WIDTH).fill(0), std: new Array<number>(WIDTH).fill(1) },
};
const facts = { domain, head };
const kit = { ...builtinExplaining, model: () => Promise.resolve([]) };
const seeing = { capabilities: ['labels', 'scores', 'gradients', 'layers'], missing: [] };

function loadedWith(tcav: JsonObject, changes: Partial<Config> = {}) {
  const data = { test: { inputs: 'x.npy', labels: 'y.npy' } };
  const config = complete({ target, data, audits: {}, seed: 7, explain: { tcav }, ...changes }, folder);
  return { config, file: join(folder, 'assay.config.json') } as never;
}

const CONCEPTS: JsonObject = {
  used: { inputs: 'concepts/used.npy', sample: 20 },
  nothing: { inputs: 'concepts/nothing.npy' },
};
const OPTIONS: JsonObject = { concepts: CONCEPTS, layer: 'encode', score: 'yes', runs: 4, permutations: 119 };

/** What `assay explain` does, in this process. */
async function asked(tcav: JsonObject) {
  const loaded = loadedWith(tcav);
  const schedule = modelScheduleOf(kit, loaded, facts, seeing);
  const opened = { facts } as unknown as OpenedTarget;
  const { given, cards } = await readNamed(schedule, loaded, opened, 7);
  const background = await storeSamples(
    { inputs: join(folder, 'x.npy'), labels: join(folder, 'y.npy') },
    { ...facts, labels: ['yes', 'no'] },
    7,
  );
  const model = plantedConcept(rng('planted'));
  const task: DescribeTask = {
    kind: 'describe',
    target: {
      ...{ config: target, model, facts, labels: ['yes', 'no'], device: 'cpu' },
      probe: conceptInputs(8, rng('probe')),
    },
    background: background.stored,
    explainers: schedule.map(({ explainer: { id }, options }) => ({ id, options })),
    inputs: given,
    ...{ seed: 7, resources: { threads: 1, batchSize: 32 } },
  };
  const kept = new Map<string, StepValue>();
  await describeInWorker(task, kit, {
    progress: () => undefined,
    recall: () => Promise.resolve(null),
    reserve: () => Promise.resolve({ granted: true, left: 0 }),
    keep: (name, value) => Promise.resolve(void kept.set(name, value)),
  });
  const found = kept.get('tcav');
  const explainers = schedule.map((each) => recordedModelExplainer(each, found && outcomeIn(found)));
  return { explainers, cards: [background.card, ...cards] };
}

function recordOf(explainers: RecordedExplainer[], cards: ExplanationRecord['data']): ExplanationRecord {
  return {
    version: 1,
    tool: { name: 'assay', version: '1' },
    command: 'assay explain assay.config.json',
    target: {
      ...{ name: 'planted.onnx', digest: 'c'.repeat(64), engine: 'onnx', device: 'cpu', files: [] },
      domain: { kind: 'tabular', shape: [WIDTH], range: [-100, 100], layout: null, mean: [], std: [] },
      head: { kind: 'classes', outputs: 2, scale: 'logits', tolerance: null },
      ...{ labels: null, batch: 'dynamic', capabilities: [], missing: [], notes: [] },
    },
    ...{ data: cards, seed: 7, config: { file: 'assay.config.json', digest: 'd' }, versions: { assay: '1' } },
    ...{ decision: null, model: { details: [], explainers }, exitCode: 0 },
  };
}

describe('concepts of a config', () => {
  let found: Awaited<ReturnType<typeof asked>>;

  beforeAll(async () => {
    found = await asked(OPTIONS);
  });

  test('a planted one is found at p < .01 and a random one is not rejected; the record fits its schema', () => {
    const [explained] = found.explainers;
    expect(explained).toMatchObject({ id: 'tcav', status: 'explained', because: null, attribution: null });
    const [, table] = explained!.details;
    if (table?.kind !== 'table') throw new Error('there is a table');
    expect(table.rows.map((cells) => [cells[0], cells.at(-1)])).toEqual([
      ['used', 'raises the score'],
      ['nothing', 'not told from random'],
    ]);
    expect(table.rows[0]![3]).toBeLessThan(0.01);
    const schema = JSON.parse(JSON.stringify(ExplanationRecord)) as object;
    const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
    const record = JSON.parse(JSON.stringify(recordOf(found.explainers, found.cards))) as Json;
    expect([validate(record), validate.errors]).toEqual([true, null]);
    // Nothing in it says where the config lies.
    expect(JSON.stringify(record)).not.toContain(folder);
    expect(found.cards.map(({ role, used, drawn }) => [role, used, drawn])).toEqual([
      ['test', 120, 'all 120 samples'],
      ['the concept "used"', 20, '20 of 40 samples, drawn at random with seed 7'],
      ['the concept "nothing"', 20, 'all 20 samples'],
    ]);
  });

  test('the page has its bars, its table, what it means, and what it is of', () => {
    const html = explanationPage({ record: recordOf(found.explainers, found.cards), readFile: () => null });
    for (const text of [
      'TCAV scores of yes',
      'Concepts at the layer encode',
      'cannot be told from those of random inputs',
    ]) {
      expect(html).toContain(text);
    }
    expect(html).toContain('Inputs of the concept &quot;used&quot;');
    expect(html).not.toMatch(/<script|\bundefined\b|\[object|NaN/);
  });
});

test('the same seed gives the same bytes', async () => {
  const short = { ...OPTIONS, runs: 2, permutations: 39 };
  expect(JSON.stringify(await asked(short))).toBe(JSON.stringify(await asked(short)));
});

test('a layer that there is not ends the task before anything is kept', async () => {
  await expect(asked({ ...OPTIONS, layer: 'encoder' })).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining('the model has no layer `encoder`') as string,
  });
});

test('a table has the columns of the test data where it says none', async () => {
  const columns = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const data = { test: { inputs: 'other.csv', labels: 'label', columns } };
  const loaded = loadedWith({ concepts: { rows: { inputs: 'concepts/rows.csv' } } }, { data });
  const schedule = modelScheduleOf(kit, loaded, facts, seeing);
  const { given } = await readNamed(schedule, loaded, { facts } as unknown as OpenedTarget, 7);
  const { inputs } = await sourceOf(given[0]!.stored).range(2, 3);
  expect([...inputs.data]).toEqual([2, 1, 0, -1, 2, 0, 1, Math.fround(2 / 25)]);
});

test.each([
  ['a missing file', { inputs: 'concepts/lines.npy' }, /concepts\/lines\.npy: .*no such file/],
  ['another shape', { inputs: 'y.npy' }, /y\.npy: its samples have the shape \[\] and the target takes \[8\]/],
  [
    'pictures of a table',
    { inputs: 'concepts' },
    /a folder of pictures is given, and the domain of the target is `tabular`/,
  ],
])('%s is refused', async (_, inputs, sentence) => {
  const loaded = loadedWith({ concepts: { some: inputs } });
  const schedule = modelScheduleOf(kit, loaded, facts, seeing);
  await expect(readNamed(schedule, loaded, { facts } as unknown as OpenedTarget, 7)).rejects.toThrow(sentence);
});

test.each([
  ['no concepts', {}, /`explain\.tcav\.concepts` is missing/],
  ['an empty list of them', { concepts: {} }, /explain\.tcav\.concepts/],
  [
    'a concept without inputs',
    { concepts: { dots: { pictures: 'dots' } } },
    /`explain\.tcav\.concepts\.dots\.inputs` is missing/,
  ],
  [
    'labels of a concept',
    { concepts: { dots: { inputs: 'a', labels: 'b' } } },
    /explain\.tcav\.concepts\.dots\.labels/,
  ],
])('%s are a bad config', (_, tcav, sentence) => {
  expect(() => modelScheduleOf(kit, loadedWith(tcav as JsonObject), facts, seeing)).toThrow(sentence);
});

test('a target that shows no layers is not applicable, with its reason; and nothing is asked where the config says nothing', () => {
  const card = { capabilities: ['scores'], missing: [{ capability: 'gradients', because: 'it is an endpoint' }] };
  const [scheduled] = modelScheduleOf(kit, loadedWith(OPTIONS), facts, card);
  expect(scheduled?.because).toBe('it is an endpoint');
  expect(recordedModelExplainer(scheduled!, undefined)).toMatchObject({
    status: 'not-applicable',
    because: 'it is an endpoint',
  });
  expect(modelScheduleOf(kit, loadedWith({}, { explain: {} }), facts, seeing)).toEqual([]);
});
