import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtinAnonymizing } from '#builtin';
import { loadConfig } from '#config/load';
import { examine } from '#config/validate';
import { AnonymizationCertificate } from '#report/anonymization';
import { anonymizationPage } from '#reports/html/anonymization';
import { anonymizeTable } from './anonymize.js';

/** 120 people: ages 20 to 49, three towns of which one has two inhabitants, and a diagnosis that follows neither. */
const PEOPLE = Array.from({ length: 120 }, (_, i) => ({
  name: `Person ${i}`,
  age: 20 + (i % 30),
  town: i < 2 ? 'Rarely' : i % 2 === 0 ? 'North, End' : 'South "Side"',
  diagnosis: ['flu', 'cold', 'gout'][Math.floor(i / 7) % 3] ?? '',
}));
const ROLES = { name: 'identifier', age: 'quasi-identifier', town: 'quasi-identifier', diagnosis: 'sensitive' };

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-anonymize-'));
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const rows = PEOPLE.map(({ name, age, town, diagnosis }) => [name, String(age), quoted(town), diagnosis].join(','));
  writeFileSync(join(folder, 'people.csv'), ['name,age,town,diagnosis', ...rows, ''].join('\n'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function anonymize(anonymizing: object, roles: object = ROLES, population?: object) {
  const data = { table: { file: 'people.csv', roles }, population };
  const config = { data, anonymize: anonymizing, audits: {} };
  writeFileSync(join(folder, 'assay.config.json'), JSON.stringify(config));
  const loaded = await loadConfig('assay.config.json', { cwd: folder, allowCode: false });
  return anonymizeTable(loaded, builtinAnonymizing, {
    signal: new AbortController().signal,
    on: () => undefined,
    page: anonymizationPage,
  });
}

const FULL_DOMAIN = {
  models: [{ model: 'k-anonymity', k: 5 }],
  suppression: 0.02,
  hierarchies: { age: { ranges: [5, 10] } },
};

/** Counted from the text of the file, by no code of the product. */
function classesIn(csv: string): number[] {
  const counts = new Map<string, number>();
  for (const line of csv.trimEnd().split('\n').slice(1)) {
    const key = line.slice(0, line.lastIndexOf(','));
    if (key !== ',') counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts.values()];
}

test('the file meets the model, keeps its order, and lacks identifiers', async () => {
  const { folder: made, certificate, exitCode } = await anonymize(FULL_DOMAIN);
  const csv = readFileSync(join(made, 'protected.csv'), 'utf8');
  expect(exitCode).toBe(0);
  expect(csv).not.toContain('Person');
  expect(csv.startsWith('age,town,diagnosis\n')).toBe(true);
  expect(Math.min(...classesIn(csv))).toBeGreaterThanOrEqual(5);
  const diagnoses = csv
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.slice(line.lastIndexOf(',') + 1));
  expect(diagnoses).toEqual(PEOPLE.map(({ diagnosis }) => diagnosis));
  expect(certificate.risk.after?.suppressed).toBeLessThanOrEqual(0.02 * 120);
  expect(certificate.checks).toEqual([expect.objectContaining({ model: '5-anonymity', holds: true })]);
  expect(certificate.method.optimal).toBe(true);
});

test('certificate and schema agree, and equal runs give equal bytes', async () => {
  const first = await anonymize(FULL_DOMAIN);
  const second = await anonymize(FULL_DOMAIN);
  expect(examine(AnonymizationCertificate, first.certificate, []).problems).toEqual([]);
  for (const name of ['protected.csv', 'certificate.json', 'anonymization.html']) {
    expect(readFileSync(join(second.folder, name))).toEqual(readFileSync(join(first.folder, name)));
  }
});

test('the page names no person, town or age of a record', async () => {
  const { folder: made } = await anonymize(FULL_DOMAIN);
  const page = readFileSync(join(made, 'anonymization.html'), 'utf8');
  for (const value of ['Person', 'Rarely', 'North', 'South', 'gout']) expect(page).not.toContain(value);
});

test('Mondrian meets the model without suppression', async () => {
  const { folder: made, certificate } = await anonymize({
    models: [{ model: 'k-anonymity', k: 5 }],
    algorithm: 'mondrian',
  });
  const classes = classesIn(readFileSync(join(made, 'protected.csv'), 'utf8'));
  expect(Math.min(...classes)).toBeGreaterThanOrEqual(5);
  expect(classes.reduce((sum, size) => sum + size, 0)).toBe(120);
  expect(certificate.risk.after?.suppressed).toBe(0);
});

test('where no table meets the policy none is written, and the certificate says why', async () => {
  const { folder: made, certificate, exitCode } = await anonymize({ models: [{ model: 'k-anonymity', k: 200 }] });
  expect(exitCode).toBe(1);
  expect(certificate.refused).not.toBeNull();
  expect(certificate.output).toBeNull();
  expect(readdirSync(made).toSorted()).toEqual(['anonymization.html', 'certificate.json', 'timings.json']);
});

test('k-map counts the people of the population in the place of records', async () => {
  // Everybody three times: what is alone in the table is one of three in the population.
  const rows = [0, 1, 2].flatMap(() => PEOPLE.map(({ age, town }) => `${age},"${town.replaceAll('"', '""')}"`));
  writeFileSync(join(folder, 'everybody.csv'), ['age,town', ...rows, ''].join('\n'));
  const { certificate } = await anonymize({ models: [{ model: 'k-map', k: 3 }] }, ROLES, { file: 'everybody.csv' });
  expect(certificate.checks).toEqual([expect.objectContaining({ model: '3-map', holds: true })]);
  expect(certificate.risk.before.journalist?.highest).toBeCloseTo(certificate.risk.before.prosecutor.highest / 3, 12);
  expect(certificate.risk.after).toMatchObject({ smallestClass: 1, suppressed: 0 });
  expect(certificate.risk.after?.journalist?.highest).toBeCloseTo(1 / 3, 12);
});

const PROMISE = { models: [{ model: 'differential-privacy', epsilon: 2, delta: 0.01 }], suppression: 1 };

test('differential privacy is not claimed of what was chosen by the data', async () => {
  await expect(anonymize(PROMISE)).rejects.toThrow('does not depend on the data');
});

test('a table that was sampled in secret is sorted, and its page says that it cannot be made again', async () => {
  const roles = { ...ROLES, diagnosis: 'quasi-identifier' };
  const options = {
    ...PROMISE,
    algorithm: 'fixed',
    levels: { age: 2, town: 1 },
    hierarchies: { age: { ranges: [10, 20] } },
  };
  const { folder: made, certificate } = await anonymize(options, roles);
  const [, ...lines] = readFileSync(join(made, 'protected.csv'), 'utf8').trimEnd().split('\n');
  const { records, suppressed } = certificate.risk.after ?? { records: NaN, suppressed: NaN };
  expect(lines).toEqual(lines.toSorted());
  expect(lines).toHaveLength(records - suppressed);
  expect(records).toBeLessThan(120);
  expect(certificate.repeatable).toBe(false);
  expect(readFileSync(join(made, 'anonymization.html'), 'utf8')).toContain('drawn by secret numbers');
});

test.each([
  ['no role', { models: [{ model: 'k-anonymity' }] }, {}, 'no column is declared a quasi-identifier'],
  ['an unknown model', { models: [{ model: 'k-anonimity' }] }, ROLES, '`anonymize.models[0].model`'],
  ['no model', { models: [] }, ROLES, '`anonymize.models`'],
  ['a hierarchy of no column', { ...FULL_DOMAIN, hierarchies: { aeg: { flat: true } } }, ROLES, '"aeg"'],
  ['a population that lacks', { models: [{ model: 'k-map' }] }, ROLES, '`data.population`'],
])('%s ends in a sentence, before anything is written', async (_, options, roles, sentence) => {
  await expect(anonymize(options, roles)).rejects.toThrow(sentence);
  expect(readdirSync(folder).toSorted()).toEqual(['assay.config.json', 'people.csv']);
});
