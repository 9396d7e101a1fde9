import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describedSuites, expectPlanted, FILES, PLANTED, plantedSuite, SUITES, testsIn } from './planted-suite.js';
import { assay, compile, jest as runJest, projectOf } from './suites.js';
import { write } from './packed.js';

let project: string;

beforeAll(() => {
  project = projectOf('jest-suite');
}, 120_000);

test('the example passes, and each audit of its config is a test', () => {
  const { output, code } = runJest(project, '--verbose', 'test.js');
  for (const name of [
    'the model withstands small changes',
    'its explanations add up',
    'nobody stands out in the data',
    'a function withstands small changes too',
    'evasion/noise: norm Linf, epsilons 0.02',
    'evasion/fgsm: epsilons 0.005',
    'evasion/fgsm: epsilons 0.2',
    'anonymization/k-anonymity: k 5',
    'the gate',
    'a report can be asked',
  ]) {
    expect(output).toMatch(new RegExp(`✓ ${name} `));
  }
  expect(output).toContain('Tests:       10 passed, 10 total');
  expect(code).toBe(0);
});

const IMPORTS = "const { describeAudit, noise, pgd, samples, table, target } = require('assay/jest');\n";

test('what has to fail fails and says why', () => {
  const suites = describedSuites(SUITES, '');
  write(project, { ...FILES, 'planted.spec.js': IMPORTS + plantedSuite(PLANTED) + suites });
  // Jest's own environment, which most projects have.
  const args = ['--testMatch', '**/planted.spec.js', '--env', 'node', '--json', '--outputFile', 'planted.json'];
  const { code } = runJest(project, ...args);
  expectPlanted(testsIn(readFileSync(join(project, 'planted.json'), 'utf8')), PLANTED, SUITES);
  expect(code).toBe(1);
});

const MODEL = (name: string) => ({
  file: `node_modules/assay/fixtures/models/${name}.onnx`,
  head: 'classes',
  domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
});
const TEST = {
  inputs: 'node_modules/assay/fixtures/data/fashion-test-images.idx3-ubyte.gz',
  labels: 'node_modules/assay/fixtures/data/fashion-test-labels.idx1-ubyte.gz',
  scale: 1 / 255,
  sample: 100,
};
const CONFIG = {
  data: { test: TEST },
  audits: {
    'evasion/noise': { norm: 'Linf', epsilons: 0.1 },
    'evasion/pgd': { norm: 'Linf', epsilons: [0.1], steps: 5 },
  },
};

const REGRESSION = `
const { describeAudit, pgd, samples, table, target } = require('assay/jest');
const robust = target(${JSON.stringify(MODEL('fashion-cnn-robust'))});
const plain = target(${JSON.stringify(MODEL('fashion-cnn'))});
const on = samples(${JSON.stringify(TEST)});
const attack = pgd({ norm: 'Linf', epsilons: [0.1], steps: 5 });
const baseline = 'robust.baseline.json';
const rejected = async (matched, sentence) => expect(matched).rejects.toThrow(sentence);

test('the same model', () => expect(robust).toHaveNoRegression(attack, { on, baseline }));
test('a worse model', () => expect(plain).not.toHaveNoRegression(attack, { on, baseline }));
test('other samples', () =>
  rejected(expect(robust).not.toHaveNoRegression(attack, { on, baseline, seed: 5 }), 'measured on other data'));
test('an audit that the baseline does not have', () => {
  const people = table({ file: 'node_modules/assay/fixtures/data/adult-generalized.csv', roles: { sex: 'quasi-identifier' } });
  const sentence = 'does not have anonymization/k-anonymity with these options; it has evasion/noise, evasion/pgd';
  return rejected(expect(people).not.toHaveNoRegression('anonymization/k-anonymity', { baseline }), sentence);
});
test('a run that was compared with none', () => {
  expect(() => expect(process.env.RUN).toHaveNoRegression()).toThrow('the run was compared with no baseline');
  expect(process.env.RUN).toPassAudit('evasion/noise');
});
jest.setTimeout(120_000);
describeAudit('regression.json');
`;

test('a model is held against the one before', () => {
  write(project, {
    'robust.json': JSON.stringify({ ...CONFIG, target: MODEL('fashion-cnn-robust'), out: 'runs' }),
    'regression.json': JSON.stringify({ ...CONFIG, target: MODEL('fashion-cnn'), baseline: 'robust.baseline.json' }),
    'regression.spec.js': REGRESSION.replaceAll(
      'process.env.RUN',
      "require('node:path').join('runs', require('node:fs').readdirSync('runs')[0])",
    ),
  });
  expect(assay(project, 'audit', 'robust.json', '--quiet').code).toBe(0);
  const [folder] = readdirSync(join(project, 'runs'));
  expect(assay(project, 'bless', join('runs', folder ?? ''), '--out', 'robust.baseline.json').code).toBe(0);
  const args = ['--testMatch', '**/regression.spec.js', '--json', '--outputFile', 'regression.out.json'];
  runJest(project, ...args);
  const said = testsIn(readFileSync(join(project, 'regression.out.json'), 'utf8'));
  const failed = said.filter(({ status }) => status !== 'passed');
  expect(failed.map(({ title, failureMessages }) => [title, failureMessages.join('').includes('Worse than')])).toEqual([
    ['evasion/pgd: norm Linf, epsilons 0.1, steps 5', false],
    ['regression/evasion/pgd: norm Linf, epsilons 0.1, steps 5', true],
    ['the gate', true],
  ]);
  expect(said).toHaveLength(10);
});

const TYPED = `import { audit } from 'assay';
import { describeAudit, matchers, pgd, samples, table, target } from 'assay/jest';
IMPORTED
expect.extend(matchers);
const on = samples({ inputs: 'x.npy', labels: 'y.npy' });
const model = target({ file: 'm.onnx', head: 'classes', domain: { kind: 'tabular', range: [0, 1] } });
export const awaited: Promise<void> = expect(model).toWithstand(pgd(), { on, robustAccuracy: 0.7 });
export const anonymous: Promise<void> = expect(table({ file: 'p.csv', roles: {} })).toBeAnonymous({ k: 5 });
export const negated: Promise<void> = expect(model).not.toHaveNoRegression('evasion/pgd', { on, baseline: 'b.json' });
export const atOnce = async (): Promise<void> => {
  const result = await audit('assay.config.json');
  const said: undefined = expect(result).toPassAudit('evasion/pgd');
  expect(result.report.findings).toContainEqual(expect.toPassAudit('evasion/pgd'));
  expect(result.report.findings).toContainEqual(expect.not.toHaveNoRegression());
  return said;
};
describeAudit('assay.config.json', { timeout: 60_000 });
// @ts-expect-error: no such option
void expect(model).toWithstand(pgd(), { on, robustness: 0.7 });
// @ts-expect-error: k has to be chosen
void expect(table({ file: 'p.csv', roles: {} })).toBeAnonymous({});
`;

test('the matchers have types, for the globals and for @jest/globals', () => {
  const imported = TYPED.replace('IMPORTED', "import { expect } from '@jest/globals';");
  write(project, { 'globals.mts': TYPED.replace('IMPORTED', ''), 'imported.mts': imported });
  compile(project, ['globals.mts', 'imported.mts'], ['jest']);
});
