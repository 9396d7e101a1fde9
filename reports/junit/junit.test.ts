import { readFileSync } from 'node:fs';
import { create } from 'xmlbuilder2';
import { memoryPages, validateXML } from 'xmllint-wasm';
import { packageFile } from '#base/package-root';
import type { ReportInput } from '#plugin/plugin';
import type { Finding } from '#report/report';
import { finding, rateMeasure } from '../testing/findings.js';
import { emptyReport, HOSTILE, hostileReport, largeReport, mixedReport, passedReport } from '../testing/reports.js';
import { junitReporter } from './junit.js';
import { isDeep } from '../../test/tier.js';

const EXAMPLES = { passedReport, mixedReport, hostileReport, emptyReport };
const XSD = readFileSync(packageFile('reports/junit/testing/junit.xsd'), 'utf8');

async function errorsOf(xml: string): Promise<readonly string[]> {
  const { errors } = await validateXML({
    xml: { fileName: 'junit.xml', contents: xml },
    schema: XSD,
    maxMemoryPages: memoryPages.GiB,
  });
  return errors.map(({ rawMessage }) => rawMessage);
}

interface Node {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  readonly children: readonly Node[];
}

/** Read back by another library's parser. */
function parsed(xml: string): Node {
  return nodeOf(create(xml).root().node as unknown as Element);
}

function nodeOf(element: Element): Node {
  const children = Array.from(element.childNodes).filter((child): child is Element => child.nodeType === 1);
  return {
    name: element.nodeName,
    attributes: Object.fromEntries(Array.from(element.attributes, ({ name, value }) => [name, value])),
    text: children.length === 0 ? (element.textContent ?? '') : '',
    children: children.map(nodeOf),
  };
}

interface Element {
  readonly nodeName: string;
  readonly nodeType: number;
  readonly textContent: string | null;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
  readonly childNodes: Iterable<Element | { readonly nodeType: number }>;
}

function casesOf(input: ReportInput): readonly Node[] {
  return parsed(junitReporter.render(input))
    .children.flatMap(({ children }) => children)
    .filter(({ name }) => name === 'testcase');
}

const OUTCOMES = ['failure', 'error', 'skipped'];

function outcomeOf(testCase: Node | undefined): Node | null {
  return testCase?.children.find(({ name }) => OUTCOMES.includes(name)) ?? null;
}

function withFindings(findings: Finding[], holds: (finding: Finding) => boolean = () => true): ReportInput {
  const { report, ...rest } = passedReport();
  const rules = findings.map((one) => ({ holds: holds(one), cell: one.cell, sentence: `Rule: ${one.claim}` }));
  return { ...rest, report: { ...report, findings, gate: { ...report.gate, rules } } };
}

function onlyCase(parts: Partial<Finding>, holds = true): Node {
  const [first, ...others] = casesOf(withFindings([finding('evasion/pgd', parts)], () => holds));
  expect(others).toEqual([]);
  if (first === undefined) throw new Error('the file has no test');
  return first;
}

describe.each(Object.entries(EXAMPLES))('%s', (_, example) => {
  test('is valid by the schema', async () => {
    expect(await errorsOf(junitReporter.render(example()))).toEqual([]);
  });

  test('holds one test for each finding, and counts them right', () => {
    const { report, ...rest } = example();
    const root = parsed(junitReporter.render({ report, ...rest }));
    const suites = root.children;
    const all = suites.flatMap(({ children }) => children).filter(({ name }) => name === 'testcase');
    for (const [node, cases] of [
      [root, all] as const,
      ...suites.map((suite) => [suite, suite.children.filter(({ name }) => name === 'testcase')] as const),
    ]) {
      const ended = (element: string) => String(cases.filter((one) => outcomeOf(one)?.name === element).length);
      expect(node.attributes).toMatchObject({
        tests: String(cases.length),
        failures: ended('failure'),
        errors: ended('error'),
        skipped: ended('skipped'),
      });
      const seconds = cases.reduce((sum, { attributes }) => sum + Number(attributes['time']), 0);
      expect(Number(node.attributes['time'])).toBeCloseTo(seconds, 6);
    }
    expect(all.filter(({ attributes }) => attributes['classname'] !== 'assay.gate')).toHaveLength(
      report.findings.length,
    );
    expect(
      suites.filter(({ attributes }) => attributes['name'] !== 'gate').map(({ attributes }) => attributes['name']),
    ).toEqual(expect.arrayContaining([...new Set(report.findings.map(({ area }) => area))]));
  });

  test('is green exactly where the gate passes', () => {
    const input = example();
    const { failures, errors } = parsed(junitReporter.render(input)).attributes;
    expect(Number(failures) + Number(errors) === 0).toBe(input.report.gate.passed);
  });

  test('equal reports give equal bytes', () => {
    expect(junitReporter.render(example())).toBe(junitReporter.render(example()));
  });
});

test.each([
  ['pass', true, null],
  ['fail', false, 'failure'],
  // Accepted by the policy without a waiver.
  ['fail', true, 'skipped'],
  ['inconclusive', false, 'error'],
  ['error', false, 'error'],
  ['not-run', false, 'error'],
  ['not-applicable', false, 'error'],
  ['not-applicable', true, 'skipped'],
  ['pass', false, 'error'],
] as const)('%s, whose rule of the gate holds: %s, is %s', (status, holds, element) => {
  expect(outcomeOf(onlyCase({ status }, holds))?.name ?? null).toBe(element);
});

test('a finding without a rule of the gate is an error', () => {
  const input = withFindings([finding('evasion/pgd')]);
  const report = { ...input.report, gate: { ...input.report.gate, rules: [] } };
  expect(casesOf({ ...input, report }).map((one) => outcomeOf(one)?.name)).toEqual(['error']);
});

test('a waived finding is skipped, with reason, owner and expiry', () => {
  const waiver = { audit: 'evasion/pgd', reason: 'Known.', owner: 'J. Doe', expires: '2027-01-31' };
  expect(outcomeOf(onlyCase({ status: 'error', waiver }))).toMatchObject({
    name: 'skipped',
    attributes: { type: 'waived', message: 'Waived until 2027-01-31 by J. Doe: Known.' },
  });
});

test('a failure says what was expected, what was found and how to repeat it', () => {
  const failure = outcomeOf(
    onlyCase(
      {
        status: 'fail',
        claim: 'Falls to PGD.',
        measures: [rateMeasure('Robust accuracy', 0.041, 0.6)],
        place: { line: 12, column: 3 },
      },
      false,
    ),
  );
  expect(failure?.attributes).toEqual({ type: 'failed', message: 'Falls to PGD.' });
  expect(failure?.text.replaceAll('\u00a0', ' ')).toMatch(
    /^Falls to PGD\.\nExpected: Robust accuracy at least 60\.0 % \(policy file\)\nFound: 4\.1 %, 95 % interval 3\.0 to 5\.5 %, n 1,000; compared with the bar: 3\.0 %\n/,
  );
  expect(failure?.text).toContain('Repeat it: npx assay audit');
});

test('a test names its place in the config, its time and its numbers', () => {
  const input = withFindings([
    finding('evasion/pgd', { place: { line: 12, column: 3 }, measures: [rateMeasure('Robust accuracy', 0.667, 0.6)] }),
  ]);
  const cells = input.report.findings.map(({ cell, audit }) => ({
    cell,
    audit,
    seconds: 1.2345,
    peakMiB: null,
    attempts: 1,
  }));
  const [one] = casesOf({ ...input, timings: { ...input.timings, config: 'audits/a.json', cells } });
  expect(one?.attributes).toEqual({
    classname: 'assay.evasion',
    name: 'evasion/pgd',
    time: '1.235',
    file: 'audits/a.json',
    line: '12',
  });
  expect(one?.children[0]?.text.replaceAll('\u00a0', ' ')).toBe(
    'Robust accuracy: 66.7 %, 95 % interval 63.7 to 69.6 %, n 1,000, at least 60.0 % (policy file) holds',
  );
});

test('the cells of one plugin have names of their own, the same in every run', () => {
  const cells = [0.1, 0.2, 0.2].map((epsilon, i) =>
    finding('evasion/pgd', { cell: `cell ${i}`, options: { epsilons: [epsilon] } }),
  );
  const names = casesOf(withFindings(cells)).map(({ attributes }) => attributes['name']);
  expect(names[0]).toMatch(/^evasion\/pgd \(options [0-9a-f]{12}\)$/);
  expect(new Set(names).size).toBe(3);
  const again = casesOf(withFindings(cells.map((one) => ({ ...one, cell: `${one.cell} of model 2`, status: 'fail' }))));
  expect(again.map(({ attributes }) => attributes['name'])).toEqual(names);
});

test('what the gate says apart from any audit is a suite of its own', () => {
  const input = passedReport();
  const rules = [
    { holds: false, cell: null, sentence: 'target/determinism does not hold: two passes differ.' },
    { holds: true, cell: null, sentence: 'target/accuracy does not hold: 9.1 %. Waived until 2027-01-31 by J. Doe.' },
    ...input.report.gate.rules,
  ];
  const gate = { passed: false, exitCode: 2 as const, rules };
  const [suite] = parsed(junitReporter.render({ ...input, report: { ...input.report, gate } })).children;
  expect(suite?.attributes).toMatchObject({ name: 'gate', tests: '2', errors: '1', skipped: '1' });
  const [empty, ...others] = parsed(junitReporter.render(emptyReport())).children;
  expect(others).toEqual([]);
  expect(empty?.attributes).toMatchObject({ name: 'gate', tests: '1', errors: '1' });
});

test.each([
  '\u0000 \u0008 \u000b \u001f',
  '\ud800 lone \udc00',
  '\ufffe \uffff',
  ']]> <![CDATA[ <!-- & &amp; \' "',
  '\ud83d\ude00 \u{10ffff}',
  HOSTILE.direction,
])('%j breaks neither the file nor the text', async (text) => {
  const input = withFindings(
    [finding(`a${text}`, { claim: text, status: 'fail', measures: [rateMeasure(text, 0.5, 0.6)] })],
    () => false,
  );
  const xml = junitReporter.render(input);
  expect(await errorsOf(xml)).toEqual([]);
  const [one] = casesOf(input);
  // Every printable character is there, and every other one as an escape.
  for (const character of text.replaceAll(/[\s\p{C}\ufffe\uffff]/gu, '')) {
    expect(one?.attributes['name']).toContain(character);
  }
  for (const character of text.match(/[\p{Cc}\p{Cs}\p{Cf}\ufffe\uffff]/gu) ?? []) {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    expect(one?.attributes['name']).toContain(`\\u{${code}}`);
  }
});

if (isDeep) {
  test('10,000 findings are written in time', () => {
    const input = largeReport(10_000, 0);
    const begun = process.cpuUsage();
    const xml = junitReporter.render(input);
    // Time of the processor, which a busy machine stretches less than the clock; it takes less than half of that.
    expect(process.cpuUsage(begun).user / 1e6).toBeLessThan(4);
    expect(xml.match(/<testcase /g)).toHaveLength(10_000);
  });
}
