import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Ajv } from 'ajv';
import { digestOfBytes } from '#base/digest';
import type { JsonObject } from '#base/json';
import { packageRoot } from '#base/package-root';
import { assay, onlyRun, start, writeConfig } from '#pipeline/testing/cli';
import type { ExplanationRecord } from '#report/explanation';
import { launchBrowser, violationsOf, whenBrowser, type PageBrowser } from '../../../test/browser.js';
import { temporaryFolder } from '../../../test/temporary-folder.js';

// What a person does who asks why: one page for a picture and for a row, and one sentence for what cannot be explained.

const folder = temporaryFolder();
const fixture = (path: string) => join(packageRoot(), 'fixtures', path);
const ONLY = 'integrated-gradients,saliency,occlusion,random';

function pictures(name: string, changes: JsonObject = {}): string {
  mkdirSync(join(folder, name));
  return writeConfig(join(folder, name), {
    target: {
      file: fixture('models/fashion-cnn.onnx'),
      head: 'classes',
      labels: fixture('data/fashion-labels.txt'),
      domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
    },
    data: {
      test: {
        inputs: fixture('data/fashion-test-images.idx3-ubyte.gz'),
        labels: fixture('data/fashion-test-labels.idx1-ubyte.gz'),
        scale: 1 / 255,
        sample: 20,
      },
    },
    seed: 7,
    audits: {},
    ...changes,
  });
}

const table = fixture('models/tabular/credit-mlp.config.json');
const sentiment = fixture('models/text/sentiment.config.json');
const config = pictures('pictures');

function recordIn(explanation: string): ExplanationRecord {
  return JSON.parse(readFileSync(join(explanation, 'explanation.json'), 'utf8')) as ExplanationRecord;
}

/** All files of a folder by their paths. */
function filesOf(root: string): Map<string, Buffer> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(paths.map((path) => [relative(root, path), readFileSync(path)]));
}

async function explained(out: string, ...args: string[]): Promise<string> {
  const { code, stderr, stdout } = await assay(['explain', ...args, '--out', out]);
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^\[1\/\d\] .*deletion and insertion: done after/s)]);
  const written = onlyRun(out);
  expect(stdout).toContain(join(written, 'explanation.html'));
  return written;
}

/** One run for all tests that read what it wrote. */
function once(run: () => Promise<string>): () => Promise<string> {
  let first: Promise<string> | null = null;
  return () => (first ??= run());
}

const wholePicture = once(() => explained(join(folder, 'first'), config, '17', '--only', ONLY));

/** The picture of the first explanation, as a file of its own. */
const pictureFile = once(async () => {
  const picture = join(folder, 'first-input.png');
  writeFileSync(picture, readFileSync(join(await wholePicture(), 'pictures/input.png')));
  const only = 'saliency,occlusion,nearest-examples,random';
  return explained(join(folder, 'file'), config, picture, '--only', only);
});

const ROW = {
  ...{ Seniority: 9, Home: 'rent', Time: 60, Age: 30, Marital: 'married', Records: 'no', Job: 'freelance' },
  ...{ Expenses: 73, Income: 129, Assets: 0, Debt: 0, Amount: 800, Price: 846 },
};
const rowOfJson = once(() => {
  const only = 'occlusion,counterfactuals,effects,random';
  return explained(join(folder, 'json'), table, JSON.stringify(ROW), '--only', only);
});

const wholeText = once(() => {
  const only = 'saliency,occlusion,random';
  return explained(join(folder, 'text'), sentiment, '--text', 'Not a good film.', '--only', only);
});

describe('a picture', () => {
  let whole: string;

  beforeAll(async () => {
    whole = await wholePicture();
  });

  test('leaves a record that fits its published schema, whose digests are those of its files', () => {
    const record = recordIn(whole);
    const schema = JSON.parse(readFileSync(join(packageRoot(), 'schema/explanation-1.json'), 'utf8')) as object;
    const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
    expect([validate(record), validate.errors]).toEqual([true, null]);
    expect(record).toMatchObject({
      seed: 7,
      exitCode: 0,
      command: `assay explain assay.config.json 17 --only ${ONLY}`,
    });
    const files = filesOf(whole);
    const named = JSON.stringify(record).matchAll(/"file":"([^"]+)","sha256":"([0-9a-f]{64})"/g);
    const references = [...named].map(([, file = '', sha256]) => [file, sha256] as const);
    expect(references.length).toBeGreaterThan(8);
    for (const [file, sha256] of references)
      expect([file, digestOfBytes(files.get(file) ?? '')]).toEqual([file, sha256]);
  });

  test('is the sample of that index of the whole data set, drawn or not', () => {
    const { decision } = recordIn(whole);
    const labels = ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat'];
    expect(decision?.sample).toMatchObject({ index: 17, name: 'sample 17', truth: labels[4] });
    expect(decision?.prediction.label).toBe('Coat');
    expect(decision?.explainers.map(({ id, status }) => [id, status]).sort()).toEqual(
      ONLY.split(',')
        .map((id) => [id, 'explained'])
        .sort(),
    );
  });

  test('is explained by what the model bears out, better than by chance', () => {
    const { decision } = recordIn(whole);
    const gradients = decision?.removal?.explained.find(({ id }) => id === 'integrated-gradients');
    expect(gradients?.deletion.beats).toBe(100);
    expect(gradients?.insertion.beats).toBe(100);
    expect(decision?.agreement).toHaveLength(6);
  });

  test('gives the same bytes again, but for the times', async () => {
    const again = await explained(join(folder, 'second'), config, '17', '--only', ONLY);
    const withoutTimes = (root: string) => [...filesOf(root)].filter(([path]) => path !== 'timings.json');
    expect(withoutTimes(again)).toEqual(withoutTimes(whole));
  });

  test('is one page that asks for nothing', () => {
    const page = readFileSync(join(whole, 'explanation.html'), 'utf8');
    expect(page.length).toBeLessThan(1_000_000);
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)[^<\s]*"|\bundefined\b|\[object/);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, href = ''] of page.matchAll(/ href="#([^"]+)"/g)) expect(ids).toContain(href);
    expect(page).toContain('Why fashion-cnn.onnx says Coat');
  });

  test('of a file is explained as one of the data is', async () => {
    const [a, b] = [recordIn(whole), recordIn(await pictureFile())].map((record) => record.decision);
    expect(b?.sample).toMatchObject({ kind: 'picture', index: null, truth: null, name: 'first-input.png' });
    expect(b?.sample.digest).toBe(a?.sample.digest);
    expect(b?.score).toEqual(a?.score);
  });
});

describe('a row of a table', () => {
  test('is shown in the units of the data, and its attributions by its columns', async () => {
    const written = await explained(join(folder, 'row'), table, '3', '--only', ONLY, '--score', 'bad');
    const { decision } = recordIn(written);
    expect(decision?.score).toMatchObject({ index: 0, label: 'bad' });
    expect(decision?.sample.columns).toHaveLength(13);
    expect(decision?.sample.picture).toBeNull();
    const names = new Set(decision?.sample.columns?.map(({ name }) => name));
    const top = decision?.explainers.flatMap(({ attribution }) => attribution?.top.map(({ name }) => name) ?? []) ?? [];
    expect(top.length).toBeGreaterThan(10);
    for (const name of top) expect(names).toContain(name.split(' ')[0]);
  });

  test('as JSON is what the table would have', async () => {
    const shown = recordIn(await rowOfJson()).decision?.sample.columns;
    expect(shown).toEqual(Object.entries(ROW).map(([name, value]) => ({ name, value: String(value) })));
  });
});

/** The model of the table, asked for clients with records. */
function withConcepts(name: string, inputs: string): string {
  const models = fixture('models/tabular');
  const { target, data } = JSON.parse(readFileSync(table, 'utf8')) as {
    readonly target: JsonObject & { readonly file: string };
    readonly data: { readonly test: JsonObject & { readonly inputs: string } };
  };
  mkdirSync(join(folder, name, 'concepts'), { recursive: true });
  const [header = '', ...rows] = readFileSync(join(models, data.test.inputs), 'utf8').trim().split('\n');
  const records = header.split(',').indexOf('Records');
  const own = rows.filter((row) => row.split(',')[records] === 'yes').slice(0, 30);
  writeFileSync(join(folder, name, 'concepts/records.csv'), `${[header, ...own].join('\n')}\n`);
  return writeConfig(join(folder, name), {
    target: { ...target, file: join(models, target.file) },
    data: { test: { ...data.test, inputs: join(models, data.test.inputs) } },
    ...{ seed: 7, audits: {} },
    explain: { tcav: { concepts: { records: { inputs } }, runs: 2, permutations: 39 } },
  });
}

test('without a sample the model is explained as a whole, and asked for the concepts of its config', async () => {
  const out = join(folder, 'concepts-out');
  const asked = withConcepts('concepts', 'concepts/records.csv');
  const { code, stderr, stdout } = await assay(['explain', asked, '--sample', '150', '--out', out]);
  expect([code, stderr]).toEqual([0, expect.stringMatching(/the model as a whole: done .*tcav: done after/s)]);
  expect(stdout).toContain('“records”: the score of good falls towards the concept (p = .025');
  const { decision, command, model, data } = recordIn(onlyRun(out));
  expect([decision, command]).toEqual([null, 'assay explain assay.config.json --sample 150']);
  expect(model?.details.length).toBeGreaterThan(2);
  expect(model?.explainers.map(({ id, status }) => [id, status])).toEqual([['tcav', 'explained']]);
  expect(data.map(({ role, used }) => [role, used])).toEqual([
    ['test', 150],
    ['the concept "records"', 30],
  ]);
  const page = readFileSync(join(onlyRun(out), 'explanation.html'), 'utf8');
  for (const text of ['What credit-mlp.onnx rests on', 'TCAV scores of good']) expect(page).toContain(text);
});

test('concepts that are not there end in one sentence', async () => {
  const asked = withConcepts('no-concepts', 'concepts/record.csv');
  const { code, stderr } = await assay(['explain', asked, '--out', join(folder, 'nothing'), '--quiet']);
  expect([code, stderr]).toEqual([
    4,
    expect.stringMatching(/^assay: .*concepts\/record\.csv: there is no such file[^\n]*\n$/),
  ]);
  expect(existsSync(join(folder, 'nothing'))).toBe(false);
});

describe('what cannot be explained ends in one sentence', () => {
  test.each([
    [
      'an index beyond the data',
      [config, '10000000'],
      /there is no sample 10000000: the data has [\d,]+\. Their indices are 0 to \d+/,
    ],
    ['a score of no sample', [config, '--score', 'Coat'], /no sample is named, and --score is of one/],
    ['a sample and a text', [config, '1', '--text', 'good'], /a sample and a text are named/],
    ['a picture of a table', [table, 'photo.png'], /photo\.png, no index and no row, is given/],
    ['an unknown score', [config, '1', '--score', 'Coats'], /no such score; the closest label is "Coat"/],
    [
      'an unknown explainer',
      [config, '1', '--only', 'salience'],
      /"salience" names no explainer; the closest is `saliency`/,
    ],
    ['no config', [join(folder, 'nowhere.json'), '1'], /nowhere\.json/],
  ])('%s', async (_, args, sentence) => {
    const out = join(folder, 'nothing');
    const { code, stdout, stderr } = await assay(['explain', ...args, '--out', out, '--quiet']);
    expect([code, stdout, stderr]).toEqual([4, '', expect.stringMatching(sentence)]);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(existsSync(out)).toBe(false);
  });

  test('options that an explainer does not have, and explainers that there are not, are bad configs', async () => {
    const options = pictures('options', { explain: { saliency: { stpes: 3 } } });
    expect(await assay(['explain', options, '1', '--quiet'])).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/explain\.saliency.*stpes/s) as string,
    });
    const unknown = pictures('unknown', { explain: { saleincy: {} } });
    expect(await assay(['explain', unknown, '1', '--quiet'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('the closest is `saliency`') as string,
    });
  });

  test('inputs that must not be shown', async () => {
    const sealed = pictures('ids', { samples: 'ids' });
    const { code, stderr } = await assay(['explain', sealed, '1', '--quiet']);
    expect([code, stderr]).toEqual([4, expect.stringContaining('inputs are only to be named by their indices')]);
  });
});

test('an explainer that fails is shown with its sentence, the others go on, and the exit code is 2', async () => {
  const failing = pictures('failing', { explain: { 'integrated-gradients': { baseline: 99 } } });
  const out = join(folder, 'failing-out');
  const only = 'integrated-gradients,saliency';
  const { code, stdout } = await assay(['explain', failing, '1', '--only', only, '--out', out, '--json', '--quiet']);
  const record = JSON.parse(stdout) as ExplanationRecord;
  const states = new Map(record.decision?.explainers.map(({ id, status }) => [id, status]));
  expect([code, record.exitCode, states.get('integrated-gradients'), states.get('saliency')]).toEqual([
    ...[2, 2, 'error', 'explained'],
  ]);
  const page = readFileSync(join(onlyRun(out), 'explanation.html'), 'utf8');
  expect(page).toMatch(/class="shape" aria-hidden="true">!<\/span> error/);
});

test('an interruption leaves nothing', async () => {
  const out = join(folder, 'interrupted');
  const run = start(['explain', config, '5', '--out', out]);
  await run.said(/^\[\d+\/\d+\] (?!integrated)/m);
  run.signalParent('SIGINT');
  const { code } = await run.ended;
  expect(code).toBe(130);
  expect(existsSync(out)).toBe(false);
  expect(run.isGroupAlive()).toBe(false);
});

test('of a text: attention has no rule in LRP, which is said, and the exit code is 2 where LRP was asked for by name', async () => {
  const asked = [
    'explain',
    sentiment,
    '--text',
    'Not a good film.',
    '--out',
    join(folder, 'text-out'),
    '--json',
    '--quiet',
  ];
  const { code, stdout } = await assay([...asked, '--only', 'lrp,saliency']);
  const { decision } = JSON.parse(stdout) as ExplanationRecord;
  expect(code).toBe(2);
  expect(decision?.explainers.map(({ id, status }) => [id, status])).toEqual([
    ['lrp', 'not-applicable'],
    ['saliency', 'explained'],
  ]);
  expect(decision?.explainers[0]?.because).toMatch(/attention.MatMul.*multiplies two values/);
  // The same text without LRP, which ends with 0.
  expect(recordIn(await wholeText()).exitCode).toBe(0);
});

whenBrowser('the pages of explanations are not opened')('in a browser', () => {
  let browser: PageBrowser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });

  afterAll(() => browser.close());

  test.each([
    ['picture', pictureFile],
    ['row', rowOfJson],
    ['text', wholeText],
  ] as const)('a %s: accessible in both schemes, asks for nothing, and is no wider than a phone', async (name, run) => {
    const written = await run();
    const html = () => readFileSync(join(written, 'explanation.html'), 'utf8');
    for (const [scheme, rules] of [
      ['light', `{ resultTypes: ['violations'] }`],
      // What depends on the colours alone.
      ['dark', `{ resultTypes: ['violations'], runOnly: ['color-contrast', 'link-in-text-block'] }`],
    ] as const) {
      const { page, noise } = await browser.open(name, html, { scheme });
      expect(await violationsOf(page, rules)).toEqual([]);
      expect(noise).toEqual([]);
      await page.close();
    }
    const { page } = await browser.open(name, html, { width: 360 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await page.close();
  });
});
