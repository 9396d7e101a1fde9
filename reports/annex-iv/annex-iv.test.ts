import type { ReportInput } from '#plugin/plugin';
import { clauseMap } from '#report/clauses';
import type { Change, Report } from '#report/report';
import { finding, rateMeasure } from '../testing/findings.js';
import { emptyReport, HOSTILE, hostileReport, mixedReport, passedReport } from '../testing/reports.js';
import { annexIvReporter, POINTS } from './annex-iv.js';

function withReport(input: ReportInput, parts: Partial<Report>): ReportInput {
  return { ...input, report: { ...input.report, ...parts } };
}

function section(document: string, title: string): string {
  const begin = document.indexOf(`\n## ${title}`);
  expect(begin).toBeGreaterThan(-1);
  const end = document.indexOf('\n## ', begin + 1);
  return document.slice(begin, end === -1 ? undefined : end);
}

/** The rows of the first table of a section, without header and rule. */
function rows(document: string, title: string): string[][] {
  return section(document, title)
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
    .map((line) => line.slice(2, -2).split(' | '));
}

test('the points are those of the annex, in its order', () => {
  const letters = (point: string, last: string) =>
    Array.from({ length: last.charCodeAt(0) - 96 }, (_, i) => `${point}(${String.fromCharCode(97 + i)})`);
  const annex = [...letters('1', 'h'), ...letters('2', 'h'), '3', '4', '5', '6', '7', '8', '9'];
  expect(POINTS.map(({ id }) => id)).toEqual(annex);
});

test('the clause map knows the same points', () => {
  const clauses = Object.keys(clauseMap().frameworks['eu-ai-act']?.clauses ?? {});
  const points = clauses.filter((clause) => clause.startsWith('Annex IV('));
  expect(POINTS.map(({ id }) => `Annex IV(${id.replace(/^\d/, '$&)').replace(/\)$/, '')})`)).toEqual(points);
});

test('it says first that it is no conformity assessment', () => {
  for (const example of [passedReport, mixedReport, emptyReport]) {
    const [, , first] = annexIvReporter.render(example()).split('\n');
    expect(first).toMatch(/^\*\*Evidence toward the technical documentation, not a conformity assessment\.\*\*/);
  }
});

test('what an audit cannot know is for the provider, whatever the report says', () => {
  for (const example of [passedReport, mixedReport, hostileReport]) {
    const overview = new Map(rows(annexIvReporter.render(example()), 'Overview').map(([id, , status]) => [id, status]));
    expect(overview.size).toBe(23);
    for (const id of ['1(f)', '1(g)', '1(h)', '2(a)', '2(f)', '8', '9']) expect(overview.get(id)).toBe('provider');
    expect([...overview.values()]).not.toContain('filled');
  }
});

test('nothing audited fills nothing', () => {
  const statuses = rows(annexIvReporter.render(emptyReport()), 'Overview').map(([, , status]) => status);
  expect(new Set(statuses)).toEqual(new Set(['provider']));
});

test('numbers stand with interval, n and bar, and name their findings', () => {
  const document = annexIvReporter.render(mixedReport());
  const testing = new Map(rows(document, '2(g)').map(([asked, ...rest]) => [asked, rest]));
  const [accuracy, , status] = testing.get('Metrics of accuracy')!;
  expect(accuracy).toMatch(/Clean accuracy 90\.5\u00a0%, 95 % interval .+, n 1,000\.$/);
  expect(status).toBe('filled');
  const [robustness] = testing.get('Metrics of robustness')!;
  expect(robustness).toMatch(
    /^1 failed, 1 inconclusive, 1 waived: \[`evasion\/pgd`\]\(report\.html#finding-evasion-pgd-/,
  );
  expect(robustness).toMatch(/4\.1\u00a0%, 95 % interval .+, n 1,000, asked for at least 60\.0\u00a0% \(policy file\)/);
  // The audit of subgroups was not run: that is no evidence.
  expect(testing.get('Potentially discriminatory impacts')!.slice(-1)).toEqual(['provider']);
});

test('what did not pass is a residual risk, waived or not', () => {
  const { report } = mixedReport();
  const risks = rows(annexIvReporter.render(mixedReport()), 'Table D').map(([, name]) => name!);
  const open = report.findings.filter(({ status }) => status !== 'pass' && status !== 'not-applicable');
  expect(risks).toHaveLength(open.length);
  for (const { audit } of open) expect(risks.some((name) => name.includes(audit))).toBe(true);
});

test('changes against the baseline fill point 6', () => {
  const change: Change = {
    label: 'Robust accuracy',
    before: 0.7,
    now: 0.5,
    n: 1000,
    lost: 210,
    won: 10,
    test: 'McNemar, exact, two-sided',
    p: 0.00001,
    direction: 'worse',
  };
  const findings = [
    finding('evasion/pgd', { changes: [change], measures: [rateMeasure('Robust accuracy', 0.5, 0.6)] }),
  ];
  const baseline = {
    file: 'assay.baseline.json',
    digest: 'b'.repeat(64),
    target: { name: 'before', digest: 'a'.repeat(64) },
  };
  const document = annexIvReporter.render(withReport(passedReport(), { findings, baseline }));
  expect(rows(document, '6 ')[0]).toEqual([
    expect.anything(),
    expect.stringMatching(/1 rate compared .+ 1 worse and 0 better/),
    expect.anything(),
    'partly',
  ]);
  expect(rows(document, 'Table E')[0]!.slice(2, 7)).toEqual(['70.0\u00a0%', '50.0\u00a0%', '1,000', '210', '10']);
  expect(rows(annexIvReporter.render(passedReport()), '6 ')[0]!.at(-1)).toBe('provider');
});

test('text from outside stays text, and every table keeps its columns', () => {
  const document = annexIvReporter.render(hostileReport());
  const outside = document.replaceAll(/(?<!\\)(`+)(?!`).*?[^`]\1(?!`)/g, '').replaceAll('<!-- -->', '');
  expect(outside).not.toMatch(/<[a-z!/]/i);
  expect(document).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u0000]/);
  expect(document).not.toContain(HOSTILE.unbroken);
  for (const block of document
    .trim()
    .split('\n\n')
    .filter((text) => text.startsWith('| '))) {
    const widths = block.split('\n').map((line) => line.split(/(?<!\\)\|/).length);
    expect(new Set(widths).size).toBe(1);
  }
  expect(document.match(/^# /gm)).toHaveLength(1);
});

test('equal reports give equal bytes', () => {
  for (const example of [passedReport, mixedReport, hostileReport, emptyReport]) {
    expect(annexIvReporter.render(example())).toBe(annexIvReporter.render(example()));
  }
});

test('10,000 findings take about a second of the processor at most, and are counted', () => {
  const [one] = mixedReport().report.findings;
  const findings = Array.from({ length: 10_000 }, (_, i) => ({ ...one!, cell: String(i) }));
  const input = withReport(mixedReport(), { findings });
  const begin = process.cpuUsage();
  const document = annexIvReporter.render(input);
  const { user, system } = process.cpuUsage(begin);
  // Collecting garbage counts too.
  expect((user + system) / 1e6).toBeLessThan(2);
  expect(section(document, 'Table D')).toContain('9,800 more rows in `report.json`');
  expect(document.length).toBeLessThan(500_000);
});
