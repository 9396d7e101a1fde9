import { projectOf, vitest } from './suites.js';
import { write } from './packed.js';
import { isDeep } from './tier.js';

let project: string;

beforeAll(() => {
  project = projectOf('vitest-suite');
}, 120_000);

if (isDeep) {
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
      expect(output).toMatch(new RegExp(`✓ (model|config).test.ts > ${name}(?: |$)`, 'm'));
    }
    expect(output).toMatch(/Tests +10 passed \(10\)/);
    expect(code).toBe(0);
  });
}

test('without the functions of the runner no suite passes for want of tests', () => {
  write(project, {
    'bare.test.ts': "import { describeAudit } from 'assay/jest';\ndescribeAudit('assay.config.json');\n",
  });
  const { output, code } = vitest(project, 'bare.test.ts');
  expect(output).toContain('`describe`, `test` and `beforeAll` are not global here');
  expect(code).toBe(1);
});
