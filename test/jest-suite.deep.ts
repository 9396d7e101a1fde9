import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describedSuites, expectPlanted, FILES, PLANTED, plantedSuite, SUITES, testsIn } from './planted-suite.js';
import { assay, jest as runJest, projectOf } from './suites.js';
import { write } from './packed.js';
import './jest-suite.e2e.js';

let project: string;

beforeAll(() => {
  project = projectOf('jest-suite');
}, 120_000);

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
