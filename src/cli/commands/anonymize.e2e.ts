import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '#base/json';
import { packageRoot } from '#base/package-root';
import { assay, onlyRun, writeConfig } from '#pipeline/testing/cli';
import type { AnonymizationCertificate } from '#report/anonymization';
import { launchBrowser, violationsOf, whenBrowser, type PageBrowser } from '../../../test/browser.js';
import { temporaryFolder } from '../../../test/temporary-folder.js';

// What a data-protection officer does: looks at a table, has a protected copy made, and reads its page.

const folder = temporaryFolder();
const CONFIG = 'assay.config.json';
const TABULAR = join(packageRoot(), 'fixtures/models/tabular');

/** 200 people, semicolons between the fields and umlauts in Latin-1. */
function people(name: string, anonymize: JsonObject): string {
  const here = join(folder, name);
  mkdirSync(here);
  const rows = Array.from({ length: 200 }, (_, i) => {
    const town = ['Köln', 'Bonn', 'Ulm'][i % 3] ?? '';
    return [`p${i}@example.org`, 20 + (i % 40), town, ['flu', 'cold', 'gout'][Math.floor(i / 5) % 3]].join(';');
  });
  writeFileSync(join(here, 'people.csv'), Buffer.from(['mail;age;town;diagnosis', ...rows, ''].join('\n'), 'latin1'));
  const roles = { mail: 'identifier', age: 'quasi-identifier', town: 'quasi-identifier', diagnosis: 'sensitive' };
  writeConfig(here, { data: { table: { file: 'people.csv', roles } }, anonymize, audits: {} });
  return here;
}

const OPTIONS = {
  models: [
    { model: 'k-anonymity', k: 5 },
    { model: 'l-diversity', l: 2, column: 'diagnosis' },
  ],
  suppression: 0.04,
  hierarchies: { age: { ranges: [5, 10, 20] } },
};

test('a table is looked at, and nothing is written', async () => {
  const here = people('look', OPTIONS);
  const { code, stdout } = await assay(['anonymize', join(here, 'people.csv')]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^mail +text +identifier /m);
  expect(stdout).toMatch(/^age +integer +quasi-identifier /m);
  expect(readdirSync(here)).not.toContain('assay-runs');
});

test('no table is written where none meets the models, with exit code 1', async () => {
  const here = people('refused', { models: [{ model: 'k-anonymity', k: 500 }] });
  const { code, stdout } = await assay(['anonymize', join(here, CONFIG), '--quiet']);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^No table was written\. /);
  expect(readdirSync(onlyRun(join(here, 'assay-runs')))).not.toContain('protected.csv');
});

test('bad input is one sentence, with exit code 4', async () => {
  const here = people('bad', { ...OPTIONS, suppression: 2 });
  const { code, stderr } = await assay(['anonymize', join(here, CONFIG)]);
  expect(code).toBe(4);
  expect(stderr.trim().split('\n')).toEqual([expect.stringContaining('`anonymize.suppression` is 2')]);
});

whenBrowser('the page of a protected table is not opened')('the page', () => {
  let browser: PageBrowser;
  let run: string;

  beforeAll(async () => {
    browser = await launchBrowser();
    const here = people('page', OPTIONS);
    const { code, stdout } = await assay(['anonymize', join(here, CONFIG), '--quiet']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('5-anonymity, distinct 2-diversity of diagnosis: met')]);
    run = onlyRun(join(here, 'assay-runs'));
  });

  afterAll(() => browser.close());

  test('the file is UTF-8, with the delimiter of the table', () => {
    const csv = readFileSync(join(run, 'protected.csv'), 'utf8');
    expect(csv.startsWith('age;town;diagnosis\n')).toBe(true);
    expect(csv).not.toContain('example.org');
  });

  test.each([1280, 360])('is accessible, silent, and no wider than a screen of %s', async (width) => {
    const html = () => readFileSync(join(run, 'anonymization.html'), 'utf8');
    const { page, noise } = await browser.open('anonymization', html, { width });
    expect(await violationsOf(page)).toEqual([]);
    expect(noise).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    await page.close();
  });
});

test('a perturbed table for which the audited model says what it is still good for', async () => {
  const here = join(folder, 'credit');
  mkdirSync(here);
  const credit = JSON.parse(readFileSync(join(TABULAR, 'credit-mlp.config.json'), 'utf8')) as {
    readonly target: JsonObject;
  };
  const file = join(packageRoot(), 'fixtures/data/tabular/credit-test.csv');
  const roles = { Age: 'quasi-identifier', Marital: 'quasi-identifier', Job: 'quasi-identifier', Status: 'sensitive' };
  writeConfig(here, {
    target: { ...credit.target, file: join(TABULAR, 'credit-mlp.onnx') },
    data: { table: { file, roles }, test: { inputs: file, columns: 'domain', labels: 'Status' } },
    anonymize: {
      models: [{ model: 'k-anonymity', k: 5 }],
      algorithm: 'guided',
      accuracy: { label: 'Status' },
      perturb: [{ method: 'rank-swapping', columns: ['Income'], window: 5 }],
    },
    audits: {},
  });
  const { code, stdout } = await assay(['anonymize', join(here, CONFIG), '--json', '--quiet']);
  expect(code).toBe(0);
  const { utility, columns, checks } = JSON.parse(stdout) as AnonymizationCertificate;
  const model = utility.find(({ id }) => id === 'model-accuracy');
  // 412 of 500, as the audit of this fixture finds.
  expect(model?.before).toBe(0.824);
  expect(model?.after).toBeGreaterThan(0.75);
  expect(utility.find(({ id }) => id === 'classifier-accuracy')?.after).toBeGreaterThan(0.65);
  expect(columns.find(({ name }) => name === 'Income')?.what).toMatch(/^Perturbed: rank swapping changed /);
  expect(checks).toEqual([expect.objectContaining({ model: '5-anonymity', holds: true })]);
});
