import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describedSuites, expectPlanted, FILES, PLANTED, plantedSuite, SUITES, testsIn } from './planted-suite.js';
import { compile, projectOf, vitest } from './suites.js';
import { write } from './packed.js';

let project: string;

beforeAll(() => {
  project = projectOf('vitest-suite');
}, 120_000);

test('what has to fail fails and says why', () => {
  const imports = `import { describeAudit, noise, pgd, samples, table, target } from 'assay/jest';
import { beforeAll, describe, expect, test } from 'vitest';
import './vitest-suite.e2e.js';
`;
  // What is the same in every runner is planted in `jest-suite.deep.ts`.
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

test('the example is well typed', () => {
  compile(project, ['assay.setup.ts', 'config.test.ts', 'model.test.ts', 'vitest.config.ts'], ['node']);
});
