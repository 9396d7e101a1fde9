import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describedSuites, expectPlanted, FILES, PLANTED, plantedSuite, SUITES, testsIn } from './planted-suite.js';
import { compile, projectOf, vitest } from './suites.js';
import { write } from './packed.js';

let project: string;

beforeAll(() => {
  project = projectOf('vitest-suite');
}, 120_000);

test('the example passes, and each audit of its config is a test', () => {
  const { output, code } = vitest(project);
  for (const name of [
    'the model withstands small changes',
    'its explanations add up',
    'nobody stands out in the data',
    'a function withstands small changes too',
    'assay.config.json > evasion/noise: norm Linf, epsilons 0.02',
    'assay.config.json > evasion/fgsm: epsilons 0.005',
    'assay.config.json > evasion/fgsm: epsilons 0.2',
    'assay.config.json > anonymization/k-anonymity: k 5',
    'assay.config.json > the gate',
    'a report can be asked',
  ]) {
    expect(output).toMatch(new RegExp(`✓ (model|config).test.ts > ${name} `));
  }
  expect(output).toMatch(/Tests +10 passed \(10\)/);
  expect(code).toBe(0);
});

test('what has to fail fails and says why', () => {
  const imports = `import { describeAudit, noise, pgd, samples, table, target } from 'assay/jest';
import { beforeAll, describe, expect, test } from 'vitest';
`;
  // What is the same in every runner is planted in `jest-suite.e2e.ts`.
  const names = ['too strong an attack', 'too few samples', 'a finding of nothing'];
  const planted = PLANTED.filter(({ name }) => names.includes(name));
  const { typo, failing, killed } = SUITES;
  const suites = { typo, failing, killed };
  const described = describedSuites(suites, ', describe, test, beforeAll');
  write(project, { ...FILES, 'planted.test.ts': imports + plantedSuite(planted) + described });
  const { code } = vitest(project, 'planted.test.ts', '--reporter=json', '--outputFile=planted.json');
  expectPlanted(testsIn(readFileSync(join(project, 'planted.json'), 'utf8')), planted, suites);
  expect(code).toBe(1);
});

test('without the functions of the runner no suite passes for want of tests', () => {
  write(project, {
    'bare.test.ts': "import { describeAudit } from 'assay/jest';\ndescribeAudit('assay.config.json');\n",
  });
  const { output, code } = vitest(project, 'bare.test.ts');
  expect(output).toContain('`describe`, `test` and `beforeAll` are not global here');
  expect(code).toBe(1);
});

test('the example is well typed', () => {
  compile(project, ['assay.setup.ts', 'config.test.ts', 'model.test.ts', 'vitest.config.ts'], ['node']);
});
