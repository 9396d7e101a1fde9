import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { openTarget } from '../src/api/open-target.js';
import { packageRoot } from '#base/package-root';
import type { Report } from '#report/report';
import { encodeModel } from '../src/engine/onnx/proto/codec.js';
import { writeNpy } from '#data/write-npy';
import { assay } from '#pipeline/testing/cli';
import { graphOf } from './linear-model.js';
import { temporaryFolder } from './temporary-folder.js';

/** The target card from the command line to the page: what is checked when a model is opened reaches whoever reads. */

const AUDITS = { 'evasion/noise': { norm: 'Linf', epsilons: [0.001] } };

async function audited(
  folder: string,
  config: object,
  policy?: object,
): Promise<{ readonly code: number | null; readonly run: string; readonly report: Report }> {
  if (policy !== undefined) writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy));
  const complete = policy === undefined ? config : { ...config, policy: 'policy.json' };
  writeFileSync(join(folder, 'assay.config.json'), JSON.stringify(complete));
  const { code, stdout, stderr } = await assay(['audit', '--quiet', '--json'], { cwd: folder });
  if (stdout === '') throw new Error(stderr);
  const { run } = JSON.parse(stdout) as { run: string };
  return { code, run, report: JSON.parse(readFileSync(join(run, 'report.json'), 'utf8')) as Report };
}

/** 200 rows of which the larger feature is the class, and a model that adds a little noise of its own at every answer. */
function noisyModel(): string {
  const rows = Array.from({ length: 200 }, (_, i) => [1 + (i % 2), 2 - (i % 2)]);
  const graph = graphOf({
    nodes: [
      {
        op: 'RandomNormalLike',
        inputs: ['x'],
        outputs: ['noise'],
        attributes: { scale: { kind: 'float', value: 0.01 } },
      },
      { op: 'Add', inputs: ['x', 'noise'], outputs: ['y'] },
    ],
    inputShape: ['n', 2],
    outputShape: ['n', 2],
  });
  return temporaryFolder({
    'model.onnx': encodeModel(graph),
    'x.npy': writeNpy([200, 2], Float32Array.from(rows.flat())),
    'y.npy': writeNpy(
      [200],
      Uint8Array.from({ length: 200 }, (_, i) => 1 - (i % 2)),
    ),
  });
}

test('a model that answers at random keeps the gate from passing, and page and summary say so, until it is waived by name', async () => {
  const folder = noisyModel();
  const config = {
    target: { file: 'model.onnx', head: 'classes', domain: { kind: 'tabular', range: [-2, 2] } },
    data: { test: { inputs: 'x.npy', labels: 'y.npy' } },
    audits: AUDITS,
  };
  const bar = { preset: 'baseline', audits: { 'evasion/noise': { robustAccuracy: { atLeast: 0.9 } } } };
  const broken = await audited(folder, config, bar);
  expect(broken.report.findings.map(({ status, reasons }) => [status, reasons])).toEqual([['pass', []]]);
  expect(broken.code).toBe(2);
  expect(broken.report.gate.rules[0]).toMatchObject({ holds: false, cell: null });
  expect(broken.report.gate.rules[0]?.sentence).toMatch(/^target\/determinism does not hold: .*draws random numbers/);
  for (const file of ['report.html', 'summary.md']) {
    expect(readFileSync(join(broken.run, file), 'utf8')).toContain('the model draws random numbers');
  }
  const waiver = { audit: 'target/determinism', reason: 'noise is its defense', owner: 'Kim', expires: '2999-12-31' };
  const waived = await audited(folder, config, { ...bar, waivers: [waiver] });
  expect(waived.code).toBe(0);
  const rules = waived.report.gate.rules.map(({ sentence }) => sentence);
  expect(rules).toContainEqual(expect.stringMatching(/Waived until 2999-12-31 by Kim/));
});

test('a folder of Hugging Face is audited by its name alone', async () => {
  const fixtures = join(packageRoot(), 'fixtures/models/exported-snippets');
  const folder = temporaryFolder();
  const written = await assay(['init', join(fixtures, 'hugging-face')], { cwd: folder });
  expect(written).toMatchObject({ code: 0, stderr: '' });
  const draft = readFileSync(join(folder, 'assay.config.json'), 'utf8');
  expect(draft).toMatch(/"labels": \[\s*"zero",\s*"one"/);
  expect(draft).toMatch(/"head": "classes"/);
  expect(draft).toContain('From config.json: id2label.');
  const { report, code } = await audited(folder, {
    target: {
      file: join(fixtures, 'hugging-face'),
      head: 'classes',
      domain: { kind: 'image', layout: 'NCHW', range: [0, 1] },
    },
    data: {
      test: { inputs: join(fixtures, 'digits-inputs.npy'), labels: join(fixtures, 'digits-labels.npy'), scale: 1 / 16 },
    },
    audits: AUDITS,
  });
  expect(code).toBe(0);
  const { target } = report;
  expect(target?.labels?.[9]).toBe('nine');
  expect(target?.accuracy?.n).toBe(120);
  expect(target?.checks?.map(({ id, holds }) => [id, holds])).toEqual([
    ['target/finite-scores', true],
    ['target/determinism', true],
    ['target/batch-independence', true],
    ['target/accuracy', true],
    ['target/label-order', true],
  ]);
});

test('pictures are made what the model sees as its folder says', async () => {
  const folder = temporaryFolder();
  const model = join(packageRoot(), 'fixtures/models/exported-snippets/hugging-face');
  // Twice as large as the model takes them, of one tone each: after resizing they are that tone.
  for (const [i, tone] of [0, 51, 102, 255].entries()) {
    const png = new PNG({ width: 16, height: 16 });
    for (let at = 0; at < png.data.length; at += 4) png.data.set([tone, tone, tone, 255], at);
    mkdirSync(join(folder, 'pictures', String(i)), { recursive: true });
    writeFileSync(join(folder, 'pictures', String(i), 'tone.png'), PNG.sync.write(png));
  }
  const target = {
    file: model,
    head: 'classes',
    domain: { kind: 'image', layout: 'NCHW', range: [0, 1] as [number, number] },
  } as const;
  const data = { inputs: join(folder, 'pictures'), labels: join(folder, 'list.csv') };
  writeFileSync(data.labels, 'file,label\n0/tone.png,zero\n1/tone.png,one\n2/tone.png,two\n3/tone.png,three\n');
  const { samples } = await openTarget(target, data);
  expect(samples.inputs.shape).toEqual([4, 1, 8, 8]);
  expect([...samples.inputs.data.filter((_, i) => i % 64 === 0)]).toEqual(
    [0, 51, 102, 255].map((tone) => Math.fround(tone / 255)),
  );
});
