import type { Finding, FindingStatus } from '#report/report';
import { decide, type GateRules } from './gate.js';

const WAIVER = { audit: 'a', reason: 'known.', owner: 'Kim', expires: '2027-01-31' };

const finding = (status: FindingStatus, parts: Partial<Finding> = {}): Finding => ({
  cell: 'c',
  audit: `test/${status}`,
  area: 'other',
  status,
  severity: 'low',
  title: 't',
  claim: 'Claim.',
  reasons: ['Reason.'],
  measures: [],
  signs: [],
  details: [],
  advice: '',
  description: '',
  sources: [],
  frameworks: {},
  options: {},
  command: '',
  waiver: null,
  place: null,
  changes: [],
  texts: {},
  ...parts,
});
const ACCEPTED = { critical: 0, high: 0, medium: 0, low: 0 } as const;
const gateOf = (findings: readonly Finding[], rules: Partial<GateRules> = {}) =>
  decide(findings, { audited: true, accepted: ACCEPTED, ...rules });
const codeOf = (statuses: readonly FindingStatus[], audited = true) =>
  gateOf(
    statuses.map((status) => finding(status)),
    { audited },
  ).exitCode;

test('passes only when every finding passed', () => {
  expect(gateOf([finding('pass'), finding('pass')])).toMatchObject({ passed: true, exitCode: 0 });
});

test('one finding that is no pass is enough, among any number that are', () => {
  const others: FindingStatus[] = ['fail', 'inconclusive', 'not-applicable', 'error', 'not-run'];
  for (const status of others) {
    for (const place of [0, 2, 5]) {
      const statuses: FindingStatus[] = Array.from({ length: 5 }, () => 'pass');
      statuses.splice(place, 0, status);
      expect(codeOf(statuses)).toBe(status === 'fail' ? 1 : 2);
    }
  }
});

test('a fail is stronger than what is not known', () => {
  expect(codeOf(['inconclusive', 'error', 'fail', 'pass'])).toBe(1);
});

test('nothing audited is its own code, stronger than any verdict', () => {
  expect(gateOf([])).toMatchObject({ passed: false, exitCode: 3 });
  expect(gateOf([], { audited: false })).toMatchObject({ passed: false, exitCode: 3 });
  expect(codeOf(['not-applicable', 'not-applicable'], false)).toBe(3);
  expect(codeOf(['pass'], false)).toBe(3);
});

test('waiving everything does not make an audit out of nothing', () => {
  expect(gateOf([finding('not-applicable', { waiver: WAIVER })], { audited: false })).toMatchObject({
    passed: false,
    exitCode: 3,
  });
});

test('a status that is none does not pass', () => {
  for (const odd of ['', 'PASS', 'passed', undefined, null, NaN]) {
    expect(codeOf([odd as FindingStatus])).toBe(2);
  }
});

test('a waived finding passes, is listed and says why', () => {
  const gate = gateOf([finding('fail', { waiver: WAIVER }), finding('pass')]);
  expect(gate).toMatchObject({ passed: true, exitCode: 0 });
  expect(gate.rules[0]).toEqual({
    holds: true,
    cell: 'c',
    sentence: 'test/fail failed: Claim. Waived until 2027-01-31 by Kim: known.',
  });
});

test('a waiver covers its own finding and no other', () => {
  expect(gateOf([finding('fail', { waiver: WAIVER }), finding('fail')]).exitCode).toBe(1);
});

test('the rules that decided stand first, each kind in the order of the findings', () => {
  const findings = (['pass', 'error', 'fail', 'inconclusive', 'fail'] as const).map((status, i) =>
    finding(status, { cell: String(i) }),
  );
  const { rules } = gateOf(findings);
  expect(rules.map(({ cell }) => cell)).toEqual(['2', '4', '1', '3', '0']);
  expect(rules.map(({ holds }) => holds)).toEqual([false, false, false, false, true]);
});

test('each rule is a sentence with what is known: the claim, and the reasons where nothing was decided', () => {
  const sentences = gateOf([finding('fail'), finding('inconclusive'), finding('not-run')]).rules.map(
    ({ sentence }) => sentence,
  );
  expect(sentences).toEqual([
    'test/fail failed: Claim.',
    'test/inconclusive is inconclusive: Claim. Reason.',
    'test/not-run did not run: Claim. Reason.',
  ]);
});

describe('a check of the target that does not hold', () => {
  const check = { id: 'target/finite-scores', holds: false, sentence: 'Scores are NaN.' } as const;

  test('keeps the gate from passing, whatever was found', () => {
    const gate = gateOf([finding('pass')], { broken: [{ check, waiver: { kind: 'none' } }] });
    expect(gate).toMatchObject({ passed: false, exitCode: 2 });
    expect(gate.rules[0]).toEqual({
      holds: false,
      cell: null,
      sentence: 'target/finite-scores does not hold: Scores are NaN.',
    });
    expect(gateOf([finding('fail')], { broken: [{ check, waiver: { kind: 'none' } }] }).exitCode).toBe(1);
  });

  test('is waived by its name, and listed; a waiver that is void says why', () => {
    const waived = gateOf([finding('pass')], { broken: [{ check, waiver: { kind: 'in-force', waiver: WAIVER } }] });
    expect(waived).toMatchObject({ passed: true, exitCode: 0 });
    expect(waived.rules.map(({ sentence }) => sentence)).toContain(
      'target/finite-scores does not hold: Scores are NaN. Waived until 2027-01-31 by Kim: known.',
    );
    const expired = gateOf([finding('pass')], {
      broken: [{ check, waiver: { kind: 'void', because: 'It expired.' } }],
    });
    expect(expired.exitCode).toBe(2);
    expect(expired.rules[0]?.sentence).toBe('target/finite-scores does not hold: Scores are NaN. It expired.');
  });
});

describe('failures that a policy accepts', () => {
  const failed = (severity: Finding['severity']) => finding('fail', { severity });
  const accepted = { ...ACCEPTED, low: 2, medium: 1 };

  test('pass up to their number, each severity for itself, and say so', () => {
    const gate = gateOf([failed('low'), failed('low'), failed('medium')], { accepted });
    expect(gate).toMatchObject({ passed: true, exitCode: 0 });
    expect(gate.rules[0]?.sentence).toBe(
      'test/fail failed: Claim. Accepted: of severity low 2 failed, and the policy accepts 2.',
    );
  });

  test('one more, and none of them passes', () => {
    const gate = gateOf([failed('low'), failed('low'), failed('low')], { accepted });
    expect(gate.exitCode).toBe(1);
    expect(gate.rules.filter(({ holds }) => holds)).toEqual([]);
  });

  test('cover no other severity, and nothing but failures', () => {
    expect(gateOf([failed('high')], { accepted }).exitCode).toBe(1);
    expect(gateOf([finding('error', { severity: 'low' })], { accepted }).exitCode).toBe(2);
    expect(gateOf([finding('inconclusive', { severity: 'low' })], { accepted }).exitCode).toBe(2);
  });

  test('waived ones do not count', () => {
    const waived = finding('fail', { waiver: WAIVER });
    expect(gateOf([waived, failed('low'), failed('low')], { accepted }).exitCode).toBe(0);
  });

  test.each([NaN, -1, undefined])('a number that is none (%p) accepts nothing', (low) => {
    expect(gateOf([failed('low')], { accepted: { ...ACCEPTED, low: low as number } }).exitCode).toBe(1);
  });
});
