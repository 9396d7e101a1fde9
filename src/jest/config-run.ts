import { join } from 'node:path';
import { canonicalJson } from '#base/json';
import type { Finding, Report } from '#report/report';
import type { ListedTest, RunAnswer } from './host-protocol.js';
import { findingText, indented, shown } from './message.js';
import { reportIn } from './recorded.js';

/** A config that was audited for a suite. */
export interface AuditedConfig extends RunAnswer {
  readonly report: Report;
}

/** @throws AssayError where the run left no report that can be read */
export function audited(answer: RunAnswer): AuditedConfig {
  return { ...answer, report: reportIn(answer.folder).report };
}

/**
 * What keeps one test from passing: a finding that the gate does not accept. Null where it does; a string for the run is
 * the sentence that says why there is none.
 *
 * @param position of the test's finding among those of the run
 */
export function requireAccepted(run: AuditedConfig | string, test: ListedTest, position: number): string | null {
  if (typeof run === 'string') return run;
  const { report, folder } = run;
  const finding = report.findings[position];
  if (finding === undefined || !isOf(finding, test)) return changed(folder);
  const rules = report.gate.rules.filter(({ cell }) => cell === finding.cell);
  if (rules.length > 0 && rules.every(({ holds }) => holds)) return null;
  return [findingText(finding, folder), indented(`Again: ${shown(finding.command)}`), reportLine(folder)].join('\n');
}

/** What keeps the gate from passing, or the run from having been what its tests say. */
export function requirePassed(run: AuditedConfig | string, tests: readonly ListedTest[]): string | null {
  if (typeof run === 'string') return run;
  const { report, folder, exitCode, warnings } = run;
  const { findings, gate } = report;
  const isAsListed = findings.length === tests.length && tests.every((test, i) => isAt(findings, test, i));
  if (!isAsListed) return changed(folder);
  if (gate.passed && exitCode === 0) return null;
  return [
    `The gate does not pass (exit code ${exitCode}).`,
    ...gate.rules.filter(({ holds }) => !holds).map(({ sentence }) => indented(shown(sentence))),
    ...warnings.map(shown).map(indented),
    reportLine(folder),
  ].join('\n');
}

function isAt(findings: readonly Finding[], test: ListedTest, position: number): boolean {
  const finding = findings[position];
  return finding !== undefined && isOf(finding, test);
}

function isOf(finding: Finding, { audit, options }: ListedTest): boolean {
  return finding.audit === audit && (options === null || canonicalJson(finding.options) === canonicalJson(options));
}

function changed(folder: string): string {
  return `The run has other findings than the config had when its tests were listed: was the config, the policy or the baseline changed?\n${reportLine(folder)}`;
}

function reportLine(folder: string): string {
  return indented(`Report: ${join(folder, 'report.html')}`);
}
