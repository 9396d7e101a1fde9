import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import type { JsonObject } from '#base/json';
import { packageRoot } from '#base/package-root';
import { digestOfBytes } from '#base/digest';
import { readNpy } from '#data/npy';
import { BRIEF } from '#pipeline/testing/brief';
import { assay, onlyRun, start, writeAuditConfig, writeConfig } from '#pipeline/testing/cli';
import type { HardeningRecord } from '#report/hardening';
import type { Report } from '#report/report';
import { temporaryFolder } from '../../../test/temporary-folder.js';
import { isDeep } from '../../../test/tier.js';

// What a person does with a model that fails: hardens it, is interrupted, goes on, and reads what it cost.

const RECIPE = { epsilon: 0.05, epochs: 2, steps: 2, evaluationSteps: 2 };
const AUDITS = {
  'evasion/pgd': { norm: 'Linf', epsilons: [0.05], steps: 2, trust: BRIEF },
  'training/adversarial': RECIPE,
};

const folder = temporaryFolder();

/** The small classifier, with so few samples that a training takes a second. */
function configIn(name: string, changes: JsonObject = {}): string {
  mkdirSync(join(folder, name));
  const written = JSON.parse(readFileSync(writeAuditConfig(join(folder, name)), 'utf8')) as {
    readonly data: Readonly<Record<'test' | 'train', JsonObject>>;
  };
  const { test: tested, train } = written.data;
  const data = { test: { ...tested, sample: 40 }, train: { ...train, sample: 200 } };
  return writeConfig(join(folder, name), { ...written, data, audits: AUDITS, ...changes });
}

function harden(config: string, out: string, ...flags: string[]): string[] {
  return ['harden', config, '--out', out, ...flags];
}

function recordOf(hardening: string): HardeningRecord {
  return JSON.parse(readFileSync(join(hardening, 'record.json'), 'utf8')) as HardeningRecord;
}

function modelOf(hardening: string): Buffer {
  return readFileSync(join(hardening, recordOf(hardening).model.after.file));
}

/** How often a cell of a stage was begun. */
function attempts(hardening: string, stage: string): number {
  const journal = readFileSync(join(hardening, stage, 'journal.jsonl'), 'utf8');
  return journal.split('"kind":"cell-started"').length - 1;
}

const config = configIn('whole');
const out = join(folder, 'whole-runs');
let whole: string;

beforeAll(async () => {
  const { code, stdout, stderr } = await assay(harden(config, out));
  // 40 samples are fewer than a policy asks for.
  expect([code, stderr]).toEqual([2, expect.stringMatching(/before 1\/3.*training 2\/3.*after 3\/3/s)]);
  whole = onlyRun(out);
  expect(stdout).toContain(join(whole, 'model/fashion-mlp.onnx'));
  expect(stdout).toMatch(/evasion\/pgd +Robust accuracy at Linf epsilon 0\.05 .*p\s[=<>]/);
});

describe('a hardening leaves', () => {
  test('a record that fits its published schema, with all that decides the model', () => {
    const record = recordOf(whole);
    const schema = JSON.parse(readFileSync(join(packageRoot(), 'schema/hardening-1.json'), 'utf8')) as object;
    const validate = new Ajv().compile(schema);
    expect([validate(record), validate.errors]).toEqual([true, null]);
    expect(record).toMatchObject({ seed: 7, engine: 'onnx', exitCode: 2, command: 'assay harden assay.config.json' });
    expect(record.training.recipe).toMatchObject({ ...RECIPE, method: 'pgd', norm: 'Linf', batchSize: 64 });
    expect(record.training.epochs.map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
    expect(record.data.map(({ role, used }) => [role, used])).toEqual([
      ['test', 40],
      ['train', 200],
    ]);
  });

  test('the new model under its hash, and the model before as it was', () => {
    const { before, after } = recordOf(whole).model;
    const original = join(packageRoot(), 'fixtures/models/fashion-mlp.onnx');
    expect(before.files.map(({ sha256 }) => sha256)).toEqual([digestOfBytes(readFileSync(original))]);
    expect(after.files.map(({ sha256 }) => sha256)).toEqual([digestOfBytes(modelOf(whole))]);
    expect(after.files[0]?.sha256).not.toBe(before.files[0]?.sha256);
    expect(after).toMatchObject({ format: 'ONNX', note: null });
  });

  test('an audit of the new model on the same samples, paired with the one before', () => {
    const report = JSON.parse(readFileSync(join(whole, 'after/report.json'), 'utf8')) as Report;
    const [finding, regression] = report.findings;
    expect([finding?.audit, regression?.audit]).toEqual(['evasion/pgd', 'regression/evasion/pgd']);
    expect(report.baseline?.target?.digest).not.toBe(report.target?.digest);
    const [audited] = recordOf(whole).audits;
    const [change] = finding?.changes ?? [];
    expect(audited?.rates[0]).toMatchObject({ before: change?.before, after: change?.now, n: 40 });
    expect(audited?.rates.map(({ label }) => label)).toEqual([
      'Robust accuracy at Linf epsilon 0.05',
      'Clean accuracy',
    ]);
  });
});

test('interrupted and killed in the training, it goes on to the same model', async () => {
  const runs = join(folder, 'killed-runs');
  const stopped = start(harden(config, runs));
  await stopped.said(/\[1\/1\] training/);
  stopped.signalParent('SIGINT');
  const { code, stderr } = await stopped.ended;
  expect([code, stderr]).toEqual([130, expect.stringMatching(/`assay harden \S+assay\.config\.json --resume \S+`/)]);
  const killed = start(harden(config, runs, '--resume'));
  await killed.said(/\[1\/1\] training/);
  killed.signalGroup('SIGKILL');
  await killed.ended;
  expect(existsSync(join(onlyRun(runs), 'record.json'))).toBe(false);
  const resumed = await assay(harden(config, runs, '--resume', '--quiet', '--json'));
  const hardening = onlyRun(runs);
  expect(modelOf(hardening).equals(modelOf(whole))).toBe(true);
  expect([attempts(hardening, 'before'), attempts(hardening, 'training')]).toEqual([1, 3]);
  const { timings: _, ...printed } = JSON.parse(resumed.stdout) as HardeningRecord & { readonly folder: string };
  const { timings: _other, ...undisturbed } = recordOf(whole);
  expect(printed).toEqual({ folder: hardening, ...undisturbed });
});

if (isDeep) {
  test('a table is hardened too; where nothing attacks it, the attacks of the recipe do', async () => {
    const fixture = (path: string) => join(packageRoot(), 'fixtures', path);
    const churn = JSON.parse(readFileSync(fixture('models/tabular/churn-mlp.config.json'), 'utf8')) as {
      readonly target: JsonObject;
    };
    const rows = { inputs: fixture('data/tabular/churn-test.csv'), columns: 'domain', labels: 'churn' };
    const table = configIn('table', {
      target: { ...churn.target, file: fixture('models/tabular/churn-mlp.onnx') },
      data: { test: { ...rows, sample: 20 }, train: { ...rows, sample: 100 } },
      audits: {},
    });
    const runs = join(folder, 'table-runs');
    const { code, stderr } = await assay(harden(table, runs, '--epsilon', '0.05', '--epochs', '1'));
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/by evasion\/pgd and evasion\/apgd too, at Linf epsilon 0\.05/),
    ]);
    const { audits, training } = recordOf(onlyRun(runs));
    expect(audits.map(({ audit }) => audit)).toEqual(['evasion/pgd', 'evasion/apgd']);
    expect(training.recipe).toMatchObject({ epsilon: 0.05, epochs: 1 });
  });
}

if (isDeep) {
  test('a Keras model becomes a Keras model, which is audited like the one before it', async () => {
    const fixture = (name: string) => join(packageRoot(), 'fixtures/models/exported-snippets', name);
    const digits = { inputs: fixture('digits-inputs.npy'), labels: fixture('digits-labels.npy'), scale: 1 / 16 };
    const domain = { kind: 'image', layout: 'NHWC', range: [0, 1] };
    // The model is not given them.
    const wards = join(folder, 'wards.csv');
    const { shape } = readNpy(readFileSync(fixture('digits-labels.npy')), 'digits-labels.npy');
    writeFileSync(
      wards,
      `ward\n${Array.from({ length: shape[0] ?? 0 }, (_, i) => (i % 9 === 0 ? 'b' : 'a')).join('\n')}\n`,
    );
    const keras = configIn('keras', {
      target: { file: fixture('keras.keras'), head: 'classes', domain },
      data: { test: { ...digits, sample: 20 }, train: { ...digits, groups: wards } },
      audits: { ...AUDITS, 'training/adversarial': { ...RECIPE, oversampling: { groups: ['ward'] } } },
    });
    const runs = join(folder, 'keras-runs');
    const { code, stderr } = await assay(harden(keras, runs));
    expect([code, stderr]).toEqual([2, expect.stringMatching(/after 3\/3/)]);
    const { model, audits } = recordOf(onlyRun(runs));
    expect(model.after.file).toBe('model/keras.keras');
    expect(model.after.format).toMatch(/^Keras/);
    expect(model.after.note).toMatch(/^The state of the optimizer is left out/);
    expect(audits.map(({ audit }) => audit)).toEqual(['evasion/pgd']);
  });
}

describe('what cannot be hardened ends before anything runs, in one sentence', () => {
  test.each<[string, JsonObject, string[], RegExp]>([
    ['a bad recipe', {}, ['--recipe', 'bad.yaml'], /^assay: .*bad\.yaml:1:1: `method` is "pdg".*"pgd"\.\n$/],
    ['no recipe', { audits: {} }, [], /^assay: --epsilon: nothing says how large the changes are .*\n$/],
    [
      'a group that no data tells of',
      { audits: { ...AUDITS, 'training/adversarial': { ...RECIPE, oversampling: { groups: ['ward'] } } } },
      [],
      /^assay: .*`oversampling\.groups` names "ward", which is neither .*There are none.*\n$/,
    ],
    [
      'no training data',
      { data: 'without' },
      [],
      /^assay: .*assay\.config\.json: this cannot be hardened\. It needs data: fill in `data\.train`\.\n$/,
    ],
    [
      'an audit that is none',
      { audits: { ...AUDITS, 'evasion/pdg': {} } },
      [],
      /^assay: .*closest is `evasion\/pgd`.*\n$/,
    ],
  ])('%s', async (name, changes, flags, sentence) => {
    const place = configIn(name, changes['data'] === 'without' ? {} : changes);
    if (changes['data'] === 'without') {
      const written = JSON.parse(readFileSync(place, 'utf8')) as { readonly data: JsonObject };
      writeConfig(join(folder, name), { ...written, data: { test: written.data['test'] ?? null } });
    }
    writeFileSync(join(folder, name, 'bad.yaml'), 'method: pdg\nepsilon: 0.1\n');
    const given = flags.map((flag) => (flag === 'bad.yaml' ? join(folder, name, flag) : flag));
    const runs = join(folder, name, 'runs');
    const { code, stdout, stderr } = await assay(harden(place, runs, '--quiet', ...given));
    expect([code, stdout, stderr]).toEqual([4, '', expect.stringMatching(sentence)]);
    expect(existsSync(runs) ? readdirSync(runs) : []).toEqual([]);
  });
});
