import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import type { Report } from '#report/report';
import { assay } from '#pipeline/testing/cli';
import { temporaryFolder } from './temporary-folder.js';

/** A target of texts from the command line to the page. */

const at = (name: string): string => join(packageRoot(), 'fixtures', name);
const CONFIG = JSON.parse(readFileSync(at('models/text/sentiment.config.json'), 'utf8')) as {
  readonly target: { readonly domain: object };
  readonly data: { readonly test: object };
};
const PGD = { 'evasion/pgd': { epsilons: [0.1] }, 'explanation/completeness': {} };
const BECAUSE = 'A change within a ball needs real-valued inputs.';

/** A folder with the model, its tokenizer, the test rows, and a config that names audits which texts do not have. */
function folderWith(changes: { readonly domain?: object; readonly audits?: object } = {}): string {
  const folder = temporaryFolder();
  copyFileSync(at('models/text/sentiment.onnx'), join(folder, 'sentiment.onnx'));
  copyFileSync(at('models/text/sentiment-tokenizer.json'), join(folder, 'sentiment-tokenizer.json'));
  copyFileSync(at('data/text/sentiment-test.csv'), join(folder, 'test.csv'));
  const { target, data } = CONFIG;
  const config = {
    ...CONFIG,
    target: { ...target, domain: { ...target.domain, ...changes.domain } },
    data: { test: { ...data.test, inputs: 'test.csv' } },
    audits: changes.audits ?? PGD,
  };
  writeFileSync(join(folder, 'assay.config.json'), JSON.stringify(config));
  return folder;
}

test('the plan says in a sentence what does not apply to texts', async () => {
  const { code, stdout, stderr } = await assay(['plan', '--json'], { cwd: folderWith() });
  expect(stderr).not.toContain('    at ');
  const { cells, target } = JSON.parse(stdout) as {
    readonly cells: readonly { readonly audit: string; readonly fate: object }[];
    readonly target: Report['target'];
  };
  expect(cells.find(({ audit }) => audit === 'evasion/pgd')?.fate).toEqual({
    kind: 'not-applicable',
    because: BECAUSE,
  });
  expect(target?.domain).toMatchObject({ kind: 'text', shape: [64], range: null });
  expect(target?.capabilities).toEqual(expect.arrayContaining(['labels', 'scores', 'gradients', 'training']));
  expect(code).toBe(0);
});

test('an audit that names what does not apply does not pass, and its page says why', async () => {
  const folder = folderWith();
  const { code, stdout } = await assay(['audit', '--quiet', '--json'], { cwd: folder });
  const { run } = JSON.parse(stdout) as { readonly run: string };
  const report = JSON.parse(readFileSync(join(run, 'report.json'), 'utf8')) as Report;
  // Nothing was audited.
  expect(code).toBe(3);
  expect(report.findings.map(({ status }) => status)).toEqual(['not-applicable', 'not-applicable']);
  // As PyTorch measured it.
  expect(report.target?.accuracy).toMatchObject({ n: 200 });
  expect(report.target?.checks?.every(({ holds }) => holds)).toBe(true);
  expect(report.data[0]?.drawn).toMatch(/^all 200 samples; \d+ texts were longer than 64 tokens and lost the end$/);
  const page = readFileSync(join(run, 'report.html'), 'utf8');
  expect(page).toContain(BECAUSE);
  expect(page).toContain('Texts become 64 tokens each by');
});

test.each([
  ['nothing to audit', { audits: {} }, 3, '`audits` is empty'],
  [
    'a length beyond what the model takes',
    { domain: { length: 300 } },
    4,
    'it could not be opened on texts of 300 tokens: the model failed while it ran',
  ],
  ['a range', { domain: { range: [0, 1] } }, 4, '`target.domain.range` is [0,1], and texts have none'],
] as const)('%s ends in a sentence', async (_, changes, exit, sentence) => {
  const { code, stderr } = await assay(['plan'], { cwd: folderWith(changes) });
  expect(stderr).toContain(sentence);
  expect(stderr).not.toContain('    at ');
  expect(code).toBe(exit);
});

test('init writes a config of texts, which runs once it is filled in', async () => {
  const folder = folderWith();
  copyFileSync(join(folder, 'sentiment-tokenizer.json'), join(folder, 'tokenizer.json'));
  const flags = ['--head', 'classes', '--inputs', 'test.csv', '--labels', 'label', '--force'];
  expect((await assay(['init', 'sentiment.onnx', ...flags], { cwd: folder })).code).toBe(0);
  const path = join(folder, 'assay.config.json');
  const text = readFileSync(path, 'utf8');
  expect(text).toContain('"tokenizer": "tokenizer.json"');
  writeFileSync(
    path,
    text.replace('"length": null', '"length": 64').replace(/"audits": \{[^}]*\}/, `"audits": ${JSON.stringify(PGD)}`),
  );
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace('"head": "classes"', '"head": "classes", "labels": ["negative", "positive"]'),
  );
  const { code, stdout } = await assay(['plan'], { cwd: folder });
  expect(stdout).toContain('evasion/pgd');
  expect(code).toBe(0);
});
