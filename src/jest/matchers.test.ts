import type { Finding, Report } from '#report/report';
import { finding, rateMeasure } from '#reports/testing/findings';
import { mixedReport, passedReport } from '#reports/testing/reports';
import { temporaryFolder } from '../../test/temporary-folder.js';
import { matchers } from './index.js';

// What was found before the test is answered at once; what is run is in `function-audit.test.ts` and in the suites of
// `docs/examples`.

const { report: passed } = passedReport();
const { report: mixed } = mixedReport();
const failureOf = (act: () => unknown): string => {
  try {
    act();
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
  throw new Error('it did not fail');
};

function compared(...findings: readonly Finding[]): Report {
  return { ...passed, findings: [...passed.findings, ...findings] };
}

/** For each verdict, whether a test passes, and whether its negation does. */
const TRUTH: readonly (readonly [Finding['status'], boolean, boolean])[] = [
  ['pass', true, false],
  ['fail', false, true],
  ['inconclusive', false, false],
  ['not-applicable', false, false],
  ['error', false, false],
  ['not-run', false, false],
];

describe.each(TRUTH)('on the verdict %s', (status, holds, fails) => {
  const one = finding('evasion/pgd', { status });
  const outcome = (act: () => unknown): boolean => {
    try {
      act();
      return true;
    } catch {
      return false;
    }
  };

  test.each([
    ['a finding', one],
    ['a report', { ...passed, findings: [one] }],
    ['a result of audit()', { report: { ...passed, findings: [one] }, folder: '/run', exitCode: 0 }],
  ])('%s answers at once', (_what, received) => {
    expect(outcome(() => expect(received).toPassAudit('evasion/pgd'))).toBe(holds);
    expect(outcome(() => expect(received).not.toPassAudit('evasion/pgd'))).toBe(fails);
    expect(outcome(() => expect([received]).toContainEqual(expect.toPassAudit('evasion/pgd')))).toBe(holds);
    expect(outcome(() => expect([received]).toContainEqual(expect.not.toPassAudit('evasion/pgd')))).toBe(fails);
  });

  test('so does a comparison with a baseline', () => {
    const comparison = finding('regression/evasion/pgd', { status });
    for (const received of [comparison, compared(comparison)]) {
      expect(outcome(() => expect(received).toHaveNoRegression())).toBe(holds);
      expect(outcome(() => expect(received).toHaveNoRegression('evasion/pgd'))).toBe(holds);
      expect(outcome(() => expect(received).not.toHaveNoRegression())).toBe(fails);
      expect(outcome(() => expect([received]).toContainEqual(expect.toHaveNoRegression('evasion/pgd')))).toBe(holds);
    }
  });
});

test('every cell of an audit has to pass, and one that fails is enough for the negation', () => {
  const cells = (...statuses: Finding['status'][]): Report => ({
    ...passed,
    findings: statuses.map((status, i) => finding('evasion/pgd', { status, options: { epsilons: [i] } })),
  });
  expect(cells('pass', 'pass')).toPassAudit('evasion/pgd');
  expect(cells('pass', 'fail')).not.toPassAudit('evasion/pgd');
  expect(() => expect(cells('pass', 'error')).toPassAudit('evasion/pgd')).toThrow('evasion/pgd (error)');
  expect(() => expect(cells('pass', 'error')).not.toPassAudit('evasion/pgd')).toThrow('evasion/pgd (error)');
  expect(cells('pass', 'fail')).toPassAudit('evasion/pgd', { options: { epsilons: [0] } });
  expect(cells('pass', 'fail')).not.toPassAudit('evasion/pgd', { options: { epsilons: [1] } });
});

test.each([
  ['another audit', () => expect(passed).toPassAudit('evasion/square'), 'the report has no evasion/square; it has '],
  [
    'other options',
    () => expect(passed).toPassAudit('evasion/pgd', { options: { steps: 41 } }),
    'the report has evasion/pgd with other options',
  ],
  [
    'a bar, which a report was not judged by',
    () => expect(passed).toPassAudit('evasion/pgd', { thresholds: { robustAccuracy: { atLeast: 0.99 } } }),
    '`thresholds` is given, and what was received has been run and judged already',
  ],
  [
    'a bar of a short form',
    () => expect(passed).toWithstand('evasion/pgd', { robustAccuracy: 0.1 }),
    '`robustAccuracy` is given',
  ],
  [
    'an option that does not exist',
    () => expect(passed).toPassAudit('evasion/pgd', JSON.parse('{ "threshold": {} }') as object),
    'there is no option `threshold`; the closest is `thresholds`',
  ],
  ['no comparison', () => expect(passed).toHaveNoRegression(), 'the run was compared with no baseline'],
  [
    'no comparison of this audit',
    () => expect(compared(finding('regression/evasion/pgd'))).toHaveNoRegression('evasion/fgsm'),
    'the report has no regression/evasion/fgsm; it has evasion/pgd',
  ],
  ['no run folder', () => expect('/nowhere').toPassAudit('evasion/pgd'), 'there is no report.json in it'],
  [
    'a damaged report',
    () => expect({ ...passed, findings: 5 }).toPassAudit('evasion/pgd'),
    'the report: the file is damaged: `/findings` must be array',
  ],
  ['no audit', () => expect(passed).toPassAudit(''), 'its first argument names no audit'],
])('%s is no answer, and no negation of one', (_what, act, sentence) => {
  expect(act).toThrow(sentence);
});

test('nor is it one when it is negated', () => {
  expect(() => expect(passed).not.toPassAudit('evasion/square')).toThrow('the report has no evasion/square');
  expect(() => expect(passed).not.toHaveNoRegression()).toThrow('the run was compared with no baseline');
  expect([3, 'text', null]).not.toContainEqual(expect.toPassAudit('evasion/pgd'));
  expect([3, 'text', null]).not.toContainEqual(expect.not.toPassAudit('evasion/pgd'));
});

test('within an expected value nothing is run, and nothing passes because of that', () => {
  const model = { kind: 'file-target', config: { file: 'no-such-model.onnx' } };
  expect([model]).not.toContainEqual(expect.toPassAudit('evasion/pgd'));
  expect([model]).not.toContainEqual(expect.not.toPassAudit('evasion/pgd'));
  expect([model]).not.toContainEqual(expect.not.toHaveNoRegression('evasion/pgd'));
});

test('a short form looks at the cells that it means', () => {
  expect(passed).toBeAnonymous({ k: 5 });
  expect(mixed).not.toBeAnonymous({ k: 5 });
  expect(() => expect(passed).toBeAnonymous({ k: 7 })).toThrow('with other options');
});

test('a run folder is read', () => {
  const folder = temporaryFolder({ 'report.json': JSON.stringify(mixed) });
  expect(folder).not.toPassAudit('evasion/pgd');
  expect(failureOf(() => expect(folder).toPassAudit('evasion/pgd'))).toMatch(
    new RegExp(`Counterexample: ${folder}/.*\\.png`),
  );
});

test('a failure says what was expected, what was received and why', () => {
  const message = failureOf(() => expect(mixed).toPassAudit('evasion/pgd'));
  expect(message.replaceAll('\u00a0', ' ')).toMatch(
    /^.*expect.*report.*\.toPassAudit.*evasion\/pgd.*\n\nFalls to PGD: 41 of .*\n {2}Expected: .*Robust accuracy at epsilon 0\.1 at least 60\.0 %.* \(policy file\)\n {2}Received: .*4\.1 %, 95 % interval 3\.0 to 5\.5 %, n = 1,000.*\n {2}Clean accuracy: 91\.6 %/,
  );
});

test('hostile sentences move nothing in a terminal', () => {
  const claim = '\u001b[2J\u202eevil %s {{x}} <script>';
  const hostile = finding('evasion/pgd', {
    status: 'fail',
    claim,
    measures: [rateMeasure('\u001b]0;x\u0007', 0.1, 0.5)],
  });
  const message = failureOf(() => expect(hostile).toPassAudit('evasion/pgd'));
  const ours = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
  expect(message.replace(ours, '')).not.toMatch(/[\u001b\u0007\u202e]/);
  expect(message).toContain('\\u{001B}[2J\\u{202E}evil %s {{x}} <script>');
  const long = finding('evasion/pgd', { status: 'error', claim: 'x'.repeat(10_000) });
  expect(failureOf(() => expect(long).toPassAudit('evasion/pgd')).length).toBeLessThan(3000);
});

test('all matchers are there for a test runner without globals', () => {
  expect(Object.keys(matchers)).toEqual(['toPassAudit', 'toWithstand', 'toBeAnonymous', 'toHaveNoRegression']);
});
