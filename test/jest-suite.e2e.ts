import { compile, jest as runJest, projectOf } from './suites.js';
import { write } from './packed.js';
import { isDeep } from './tier.js';

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
    expect(output).toMatch(new RegExp(`✓ ${name}(?: |$)`, 'm'));
  }
  expect(output).toContain('Tests:       10 passed, 10 total');
  expect(code).toBe(0);
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

if (isDeep) {
  test('the matchers have types, for the globals and for @jest/globals', () => {
    const imported = TYPED.replace('IMPORTED', "import { expect } from '@jest/globals';");
    write(project, { 'globals.mts': TYPED.replace('IMPORTED', ''), 'imported.mts': imported });
    compile(project, ['globals.mts', 'imported.mts'], ['jest']);
  });
}
