import { decide } from '#pipeline/gate';
import type { Finding, Report } from '#report/report';
import { mixedReport, passedReport } from '#reports/testing/reports';
import { requireAccepted, requirePassed, type AuditedConfig } from './config-run.js';
import type { ListedTest } from './host-protocol.js';

/** With what the gate itself says. */
const gated = (report: Report): Report => {
  const accepted = { critical: 0, high: 0, medium: 0, low: 0 };
  return { ...report, gate: decide(report.findings, { audited: true, accepted }) };
};
const passed = gated(passedReport().report);
const mixed = gated(mixedReport().report);

const listed = ({ findings }: Report): ListedTest[] =>
  findings.map(({ audit, options }) => ({ name: audit, audit, options: options as ListedTest['options'] }));
const ran = (report: Report, parts: Partial<AuditedConfig> = {}): AuditedConfig => ({
  ...{ report, folder: '/runs/1', exitCode: report.gate.exitCode, warnings: [] },
  ...parts,
});
const problems = (run: AuditedConfig | string, report: Report): (string | null)[] =>
  listed(report).map((test, i) => requireAccepted(run, test, i));

test('a run that passed has no problem in any test', () => {
  expect(problems(ran(passed), passed)).toEqual(passed.findings.map(() => null));
  expect(requirePassed(ran(passed), listed(passed))).toBeNull();
});

test('what the gate does not accept is a problem, whatever the verdict is; what is waived is none', () => {
  const accepted = (finding: Finding) => finding.status === 'pass' || finding.waiver !== null;
  expect(new Set(mixed.findings.map(({ status }) => status)).size).toBe(6);
  expect(problems(ran(mixed), mixed).map((problem) => problem === null)).toEqual(mixed.findings.map(accepted));
  const gate = requirePassed(ran(mixed), listed(mixed));
  expect(gate).toContain('The gate does not pass (exit code');
  expect(gate).toContain('Report: /runs/1/report.html');
});

test('a finding that no rule of the gate is about is not accepted', () => {
  const silent = { ...passed, gate: { ...passed.gate, rules: [] } };
  expect(problems(ran(silent), silent)).not.toContain(null);
});

test('without a run every test has a problem', () => {
  expect(problems('it was killed', passed)).toEqual(passed.findings.map(() => 'it was killed'));
  expect(requirePassed('it was killed', listed(passed))).toBe('it was killed');
});

test('a run of another config is a problem', () => {
  const [first, ...others] = passed.findings;
  const fewer = { ...passed, findings: others };
  expect(problems(ran(fewer), passed)).not.toContain(null);
  expect(requirePassed(ran(fewer), listed(passed))).toContain('other findings than the config had');
  const more = { ...passed, findings: [...passed.findings, first!] };
  expect(requirePassed(ran(more), listed(passed))).toContain('other findings than the config had');
  const otherwise = { ...passed, findings: [{ ...first!, options: { steps: 1 } }, ...others] };
  expect(problems(ran(otherwise), passed)[0]).toContain('other findings than the config had');
});

test('a gate that passes is not enough where the run ended otherwise', () => {
  const run = ran(passed, { exitCode: 2, warnings: ['The reporter html failed.'] });
  expect(requirePassed(run, listed(passed))).toContain('The reporter html failed.');
});
