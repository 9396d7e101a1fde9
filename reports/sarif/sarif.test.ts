import type { ReportInput } from '#plugin/plugin';
import type { Finding } from '#report/report';
import { finding } from '../testing/findings.js';
import { emptyReport, hostileReport, largeReport, mixedReport, passedReport } from '../testing/reports.js';
import type { Log, Result, Run } from './model.js';
import { sarifReporter } from './sarif.js';
import { schemaErrors } from './testing/schema.js';
import { isDeep } from '../../test/tier.js';

const EXAMPLES = { passedReport, mixedReport, hostileReport, emptyReport };

function logOf(input: ReportInput): Log {
  return JSON.parse(sarifReporter.render(input)) as Log;
}

function runOf(input: ReportInput): Run {
  const [run, ...others] = logOf(input).runs;
  expect(others).toEqual([]);
  if (run === undefined) throw new Error('the log has no run');
  return run;
}

function resultsOf(input: ReportInput): readonly Result[] {
  return runOf(input).results;
}

/** The report with other findings, each with a rule of the gate that holds where `holds` says so. */
function withFindings(findings: Finding[], holds: (finding: Finding) => boolean = () => true): ReportInput {
  const { report, ...rest } = passedReport();
  const rules = findings.map((one) => ({ holds: holds(one), cell: one.cell, sentence: one.claim }));
  return { ...rest, report: { ...report, findings, gate: { ...report.gate, rules } } };
}

function onlyResult(parts: Partial<Finding>, holds = true): Result {
  const [result, ...others] = resultsOf(
    withFindings([finding('evasion/pgd', { status: 'fail', ...parts })], () => holds),
  );
  expect(others).toEqual([]);
  if (result === undefined) throw new Error('the run has no result');
  return result;
}

describe.each(Object.entries(EXAMPLES))('%s', (_, example) => {
  test("is valid by OASIS's schema", () => {
    expect(schemaErrors(logOf(example()))).toEqual([]);
  });

  test('keeps the rules of the standard that its schema cannot express', () => {
    const { tool, results, taxonomies, artifacts, invocations } = runOf(example());
    const { rules = [], supportedTaxonomies = [] } = tool.driver;
    for (const result of results) {
      // 3.27.7: the index is that of the rule with this id.
      expect(rules[result.ruleIndex]?.id).toBe(result.ruleId);
      // 3.27.10
      if (result.kind !== 'fail') expect(result.level).toBe('none');
      else expect(result.level).not.toBe('none');
      // 3.27.23: all results of a run alike.
      expect(Array.isArray(result.suppressions)).toBe(true);
      expect(result.message.text).not.toBe('');
      const [location, ...others] = result.locations;
      expect(others).toEqual([]);
      const { artifactLocation, region } = location.physicalLocation;
      expect(region.startLine).toBeGreaterThanOrEqual(1);
      expect(region.startColumn).toBeGreaterThanOrEqual(1);
      // 3.4.5: the index is that of the artifact with this URI.
      expect(artifacts[artifactLocation.index]?.location.uri).toBe(artifactLocation.uri);
      expect(URL.canParse(artifactLocation.uri, 'https://example.org/')).toBe(true);
    }
    // 3.53.2 and 3.54: relationships end at the taxa that they name.
    for (const { target } of rules.flatMap(({ relationships = [] }) => relationships)) {
      const taxonomy = taxonomies[target.toolComponent.index];
      expect(taxonomy?.name).toBe(target.toolComponent.name);
      expect(taxonomy?.taxa?.[target.index]?.id).toBe(target.id);
    }
    expect(supportedTaxonomies.map(({ name }) => name)).toEqual(taxonomies.map(({ name }) => name));
    for (const { associatedRule } of invocations.flatMap((one) => one.toolExecutionNotifications)) {
      if (associatedRule !== undefined) expect(rules[associatedRule.index]?.id).toBe(associatedRule.id);
    }
  });

  test('equal reports give equal bytes whatever the timings are', () => {
    const first = example();
    const second = example();
    const timings = { ...second.timings, started: first.timings.started, finished: first.timings.finished, cells: [] };
    expect(sarifReporter.render({ ...second, timings })).toBe(sarifReporter.render(first));
  });
});

test('there is one result for each finding that did not pass, and a rule for each plugin', () => {
  const input = mixedReport();
  const { results, tool } = runOf(input);
  expect(results.map(({ properties }) => String(properties['cell'])).sort()).toEqual(
    input.report.findings
      .filter(({ status }) => status !== 'pass')
      .map(({ cell }) => cell)
      .sort(),
  );
  expect(tool.driver.rules?.map(({ id }) => id).sort()).toEqual(
    [...new Set(input.report.findings.map(({ audit }) => audit))].sort(),
  );
  expect(tool.driver.rules?.find(({ id }) => id === 'evasion/text-swap')).toMatchObject({
    name: 'EvasionTextSwap',
    shortDescription: { text: 'Withstands swapped words' },
    defaultConfiguration: { level: 'note' },
    properties: { 'security-severity': '2.5' },
  });
});

test('two sets of options of one plugin share a rule and not a fingerprint', () => {
  const cells = [0.1, 0.2].map((epsilon) =>
    finding('evasion/pgd', { status: 'fail', cell: `cell ${epsilon}`, options: { epsilons: [epsilon] } }),
  );
  const results = resultsOf(withFindings(cells));
  expect(new Set(results.map(({ ruleIndex }) => ruleIndex)).size).toBe(1);
  expect(new Set(results.map(({ partialFingerprints }) => JSON.stringify(partialFingerprints))).size).toBe(2);
});

test('a fingerprint outlives the model: it knows the audit and its options, not the cell or the verdict', () => {
  const before = onlyResult({ cell: 'of model 1', options: { steps: 40, epsilons: [0.1] } });
  const after = onlyResult({ cell: 'of model 2', options: { epsilons: [0.1], steps: 40 }, status: 'fail' });
  expect(after.partialFingerprints).toEqual(before.partialFingerprints);
});

test.each([
  ['fail', 'critical', false, 'fail', 'error'],
  ['fail', 'high', false, 'fail', 'error'],
  ['fail', 'medium', false, 'fail', 'warning'],
  ['fail', 'low', false, 'fail', 'note'],
  ['inconclusive', 'low', false, 'open', 'none'],
  ['not-applicable', 'low', true, 'notApplicable', 'none'],
  // What keeps the gate from passing is a failure in a service that knows only failures.
  ['not-applicable', 'low', false, 'fail', 'error'],
  ['error', 'low', false, 'fail', 'error'],
  ['not-run', 'low', false, 'fail', 'error'],
  ['pass', 'low', false, 'fail', 'error'],
] as const)('%s of severity %s, whose rule holds: %s, is %s at level %s', (status, severity, holds, kind, level) => {
  expect(onlyResult({ status, severity }, holds)).toMatchObject({ kind, level });
});

test('a finding that passed is no result: code hosts would show it as an open alert', () => {
  expect(resultsOf(withFindings([finding('evasion/pgd')]))).toEqual([]);
});

test('a finding without a rule of the gate fails', () => {
  const input = withFindings([finding('evasion/pgd')]);
  const report = { ...input.report, gate: { ...input.report.gate, rules: [] } };
  expect(resultsOf({ ...input, report })).toMatchObject([{ kind: 'fail', level: 'error' }]);
});

test('a waived finding is suppressed with reason, owner and expiry', () => {
  const waiver = { audit: 'evasion/pgd', reason: 'Known.', owner: 'J. Doe', expires: '2027-01-31' };
  expect(onlyResult({ status: 'fail', waiver })).toMatchObject({
    kind: 'fail',
    suppressions: [
      { kind: 'external', status: 'accepted', justification: 'Waived until 2027-01-31 by J. Doe: Known.' },
    ],
  });
  expect(onlyResult({ status: 'fail' }).suppressions).toEqual([]);
});

test('what decided apart from any audit is a result too', () => {
  const input = passedReport();
  const sentence = 'target/determinism does not hold: two passes differ.';
  const rules = [{ holds: false, cell: null, sentence }, ...input.report.gate.rules];
  const gate = { passed: false, exitCode: 2 as const, rules };
  const results = resultsOf({ ...input, report: { ...input.report, gate } });
  expect(results[0]).toMatchObject({ ruleId: 'gate', kind: 'fail', level: 'error', message: { text: sentence } });
  expect(resultsOf(emptyReport())).toMatchObject([{ ruleId: 'gate', kind: 'fail' }]);
});

describe('the place of a result', () => {
  const at = (config: string | undefined, platform = 'linux x64') => {
    const input = withFindings([finding('evasion/pgd', { status: 'fail', place: { line: 14, column: 5 } })]);
    const { config: _, ...timings } = input.timings;
    const host = { ...timings.host, platform };
    const named = config === undefined ? {} : { config };
    const [result] = resultsOf({ ...input, timings: { ...timings, host, ...named } });
    return result?.locations[0].physicalLocation;
  };

  test('is the line of the config that asks for the cell', () => {
    expect(at('audits/model a.json')).toMatchObject({
      artifactLocation: { uri: 'audits/model%20a.json' },
      region: { startLine: 14, startColumn: 5 },
    });
  });

  test('is the first line where the config is code', () => {
    expect(onlyResult({ place: null }).locations[0].physicalLocation.region).toEqual({
      startLine: 1,
      startColumn: 1,
    });
  });

  test.each([
    [undefined, 'linux x64', 'assay.config.json'],
    ['audits\\a.json', 'win32 x64', 'audits/a.json'],
    ['audits\\a.json', 'linux x64', 'audits%5Ca.json'],
    ['/srv/a#b?.json', 'linux x64', 'file:///srv/a%23b%3F.json'],
    ['C:\\a.json', 'win32 x64', 'file:///C%3A/a.json'],
    ['../a.json', 'linux x64', '../a.json'],
    ['a:b\ud800\u0000.json', 'linux x64', 'a%3Ab%EF%BF%BD%00.json'],
  ])('%j on %s is %s', (config, platform, uri) => {
    expect(at(config, platform)?.artifactLocation.uri).toBe(uri);
  });
});

describe('text from outside', () => {
  /** A viewer as the standard describes it (3.11.5, 3.11.6): links are read, then braces. */
  const shown = (text: string) => {
    const links = [...text.matchAll(/\\[\\[\]]|\[((?:[^\\[\]]|\\[\\[\]])*)\]\(([^)]*)\)/g)].filter(
      ([, , destination]) => destination !== undefined,
    );
    const placeholders = text.replaceAll(/\{\{|\}\}/g, '').match(/\{\d+\}/g) ?? [];
    return { links: links.map(([link]) => link), placeholders };
  };
  const NOTHING = { links: [], placeholders: [] };

  test('the viewer of this test reads links and placeholders', () => {
    expect(shown('[a](1) {0}')).toEqual({ links: ['[a](1)'], placeholders: ['{0}'] });
    expect(shown('\\[a\\](1) {{0}}')).toEqual(NOTHING);
  });

  test.each([
    '[text](1)',
    '\\[text](1)',
    '\\\\[text\\](https://example.org)',
    '[a [b](sarif:/runs/0) c](2)',
    '{0} {{1}} {{{2}}}',
    '[x{0}](1)',
  ])('%j is neither a link nor a placeholder', (claim) => {
    expect(shown(onlyResult({ claim }).message.text)).toEqual(NOTHING);
    const waiver = null;
    const { tool } = runOf(withFindings([finding('evasion/pgd', { title: claim, description: claim, waiver })]));
    const [rule] = tool.driver.rules ?? [];
    expect(shown(rule?.shortDescription.text ?? '')).toEqual(NOTHING);
    expect(shown(rule?.fullDescription.text ?? '')).toEqual(NOTHING);
  });

  test('brackets that are no link stay as they are', () => {
    expect(onlyResult({ claim: 'The interval is [0.1, 0.2].' }).message.text).toBe('The interval is [0.1, 0.2].');
  });

  test('what would be invisible is written out', () => {
    const invisible = sarifReporter
      .render(hostileReport())
      .match(/\\u00[01].|(?!\n)[\p{Cc}\u200b\u202a-\u202e\u2066-\u2069]/gu);
    expect(invisible).toBeNull();
  });

  test('a message is never empty', () => {
    const input = withFindings([finding('', { claim: '', title: ' ', description: '', advice: '' })]);
    expect(schemaErrors(logOf(input))).toEqual([]);
    const { results, tool } = runOf(input);
    expect([results[0]?.message.text, tool.driver.rules?.[0]?.shortDescription.text]).not.toContain('');
  });
});

test('a run with an error says so, and one without does not', () => {
  const [failed] = runOf(mixedReport()).invocations;
  expect(failed).toMatchObject({
    executionSuccessful: false,
    exitCode: 1,
    startTimeUtc: '2026-11-23T17:26:12.480Z',
    toolExecutionNotifications: [{ level: 'error', associatedRule: { id: 'corruption/blur' } }],
  });
  const [passed] = runOf(passedReport()).invocations;
  expect(passed).toMatchObject({ executionSuccessful: true, exitCode: 0, toolExecutionNotifications: [] });
});

test('numbers are as the report has them', () => {
  const input = mixedReport();
  const byCell = new Map(input.report.findings.map((one) => [one.cell, one]));
  for (const { properties } of resultsOf(input)) {
    const { measures } = byCell.get(String(properties['cell'])) ?? { measures: [] };
    expect(properties['measures']).toMatchObject(
      measures.map(({ value, n, interval, threshold }) => ({
        value,
        n,
        ...(interval === null ? {} : { interval }),
        ...(threshold === null ? {} : { threshold }),
      })),
    );
  }
});

if (isDeep) {
  test('of 10,000 findings the 5,000 that matter most are results, and the rest is counted, in time', () => {
    const large = largeReport(10_000, 0);
    const findings = large.report.findings.map((each) => ({ ...each, status: 'fail' as const }));
    const input = { ...large, report: { ...large.report, findings } };
    const begun = process.cpuUsage();
    const file = sarifReporter.render(input);
    const { user } = process.cpuUsage(begun);
    const log = JSON.parse(file) as Log;
    const { results = [], invocations = [], properties } = log.runs[0] ?? {};
    expect(results).toHaveLength(5000);
    expect(properties).toMatchObject({ findings: 10_000, leftOut: 5000, statuses: { failed: 10_000 } });
    expect(invocations[0]?.toolExecutionNotifications[0]?.message.text).toMatch(/^5,000 more findings/);
    // Time of the processor, which a busy machine stretches less than the clock; it takes less than half of that.
    expect(user / 1e6).toBeLessThan(4);
  });
}
