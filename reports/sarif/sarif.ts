import { defineReporter } from '#plugin/define';
import type { ReportInput } from '#plugin/plugin';
import type { Finding, Report } from '#report/report';
import { configFile } from '../config-file.js';
import { counted } from '../format.js';
import { ruleByFinding, rulesWithoutFinding } from '../gate.js';
import { inReadingOrder, tally } from '../status.js';
import { configLocation } from './location.js';
import type { Invocation, Log, Notification, Run } from './model.js';
import { gateResult, resultOf, type ResultContext } from './results.js';
import { Rules } from './rules.js';
import { foreign, message } from './text.js';

/** As many as GitHub shows of one run. */
const MOST_RESULTS = 5000;
const COMMAND_LENGTH = 4000;
const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** SARIF 2.1.0 (OASIS Standard, errata 01). */
export const sarifReporter = defineReporter({
  id: 'sarif',
  file: 'report.sarif',
  description:
    'The findings at the lines of the config that ask for them (SARIF 2.1.0), for code scanning and editors.',
  render: (input) => `${JSON.stringify(logOf(input), null, 2)}\n`,
});

function logOf(input: ReportInput): Log {
  return { $schema: SCHEMA, version: '2.1.0', runs: [runOf(input)] };
}

function runOf(input: ReportInput): Run {
  const { report } = input;
  const config = configLocation(configFile(input));
  const context: ResultContext = { rules: new Rules(), config, ruleOf: ruleByFinding(report) };
  const shown = shownOf(report, context);
  const results = [
    ...shown.gate.map((rule) => gateResult(rule, context)),
    ...shown.findings.map((finding) => resultOf(finding, context)),
  ];
  nameOthers(report, context.rules);
  const notifications = [...leftOutNotification(shown.left), ...errorNotifications(shown.findings, context.rules)];
  return {
    tool: { driver: driverOf(report, context.rules) },
    // Up to the last slash it is the category under which GitHub keeps the results of several configs apart.
    automationDetails: { id: `assay/${config.uri}/` },
    invocations: [invocationOf(input, notifications)],
    columnKind: 'utf16CodeUnits',
    artifacts: [{ location: config, roles: ['userSpecifiedConfiguration'] }],
    results,
    taxonomies: context.rules.taxonomies(),
    properties: propertiesOf(report, shown.left),
  };
}

/**
 * What is first in reading order; what is last of too many is only counted. A finding that passed is none of a reader of
 * results: code hosts show each result as an open alert whatever its `kind` is, and close one when it is gone.
 */
function shownOf(report: Report, { ruleOf }: Pick<ResultContext, 'ruleOf'>) {
  const gate = rulesWithoutFinding(report)
    .filter(({ holds }) => !holds)
    .slice(0, MOST_RESULTS);
  const told = report.findings.filter((finding) => finding.status !== 'pass' || !ruleOf(finding).holds);
  const findings = inReadingOrder(told).slice(0, MOST_RESULTS - gate.length);
  return { gate, findings, left: told.length - findings.length };
}

/** Audits without a result are rules all the same: they say what was looked at. */
function nameOthers({ findings }: Report, rules: Rules): void {
  for (const finding of inReadingOrder(findings)) {
    if (rules.list().length >= MOST_RESULTS) return;
    rules.of(finding);
  }
}

function driverOf({ tool }: Report, rules: Rules): Run['tool']['driver'] {
  const { name, version } = tool;
  return { name, version, supportedTaxonomies: rules.supportedTaxonomies(), rules: rules.list() };
}

function invocationOf(
  { report, timings }: ReportInput,
  toolExecutionNotifications: readonly Notification[],
): Invocation {
  const [startTimeUtc, endTimeUtc] = [timings.started, timings.finished].map(utc);
  return {
    executionSuccessful: report.findings.every(({ status }) => status !== 'error' && status !== 'not-run'),
    exitCode: report.gate.exitCode,
    commandLine: foreign(report.provenance.command, COMMAND_LENGTH),
    ...(startTimeUtc === undefined ? {} : { startTimeUtc }),
    ...(endTimeUtc === undefined ? {} : { endTimeUtc }),
    toolExecutionNotifications,
  };
}

function utc(time: string): string | undefined {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function leftOutNotification(left: number): readonly Notification[] {
  if (left === 0) return [];
  const text = `${counted(left, 'more finding')} in report.json: this file has at most ${counted(MOST_RESULTS, 'result')}.`;
  return [{ level: 'warning', message: { text } }];
}

function errorNotifications(findings: readonly Finding[], rules: Rules): readonly Notification[] {
  return findings
    .filter(({ status }) => status === 'error')
    .map((finding) => {
      const { ruleId, ruleIndex } = rules.of(finding);
      const { claim, audit } = finding;
      return { level: 'error', message: message(claim, audit), associatedRule: { id: ruleId, index: ruleIndex } };
    });
}

/** All findings are counted here, those too that are left out above. */
function propertiesOf({ gate, findings, target, provenance }: Report, leftOut: number): Run['properties'] {
  return {
    gate: { passed: gate.passed, exitCode: gate.exitCode },
    findings: findings.length,
    leftOut,
    statuses: Object.fromEntries(tally(findings).map(({ status, count }) => [status.word, count])),
    target: target === null ? null : { name: foreign(target.name, 200), digest: foreign(target.digest, 200) },
    planDigest: provenance.planDigest,
  };
}
