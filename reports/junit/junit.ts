import { defineReporter } from '#plugin/define';
import type { ReportInput } from '#plugin/plugin';
import type { TestCase } from './cases.js';
import { countsOf, propertiesOf, suitesOf, type Suite } from './suites.js';
import { attribute } from './text.js';
import { documentOf, type Element } from './xml.js';

/** As Jenkins, GitLab and the actions of GitHub read it; there is no standard. */
export const junitReporter = defineReporter({
  id: 'junit',
  file: 'junit.xml',
  description: 'The findings as tests, a suite for each area (JUnit XML), for the test views of CI services.',
  render: (input) => documentOf(rootOf(input)),
});

function rootOf(input: ReportInput): Element {
  const suites = suitesOf(input);
  const cases = suites.flatMap((suite) => suite.cases);
  const shared = { timestamp: timestampAttribute(input.timings.started), properties: propertiesElement(input) };
  return {
    name: 'testsuites',
    attributes: { name: 'assay', ...countAttributes(cases) },
    content: suites.map((suite) => suiteElement(suite, shared)),
  };
}

interface SharedParts {
  readonly timestamp: Readonly<Record<string, string>>;
  readonly properties: Element;
}

function suiteElement({ name, cases }: Suite, { timestamp, properties }: SharedParts): Element {
  return {
    name: 'testsuite',
    attributes: { name, ...countAttributes(cases), ...timestamp },
    content: [properties, ...cases.map(caseElement)],
  };
}

function countAttributes(cases: readonly TestCase[]): Readonly<Record<string, string>> {
  const { tests, failures, errors, skipped, milliseconds } = countsOf(cases);
  return {
    tests: String(tests),
    failures: String(failures),
    errors: String(errors),
    skipped: String(skipped),
    time: secondsOf(milliseconds),
  };
}

function propertiesElement({ report }: ReportInput): Element {
  const properties = propertiesOf(report).map(([name, value]) => ({
    name: 'property',
    attributes: { name: attribute(name), value: attribute(value) },
    content: '',
  }));
  return { name: 'properties', attributes: {}, content: properties };
}

function caseElement({ name, classname, milliseconds, file, line, outcome, output }: TestCase): Element {
  return {
    name: 'testcase',
    attributes: {
      classname,
      name,
      time: secondsOf(milliseconds),
      file,
      ...(line === null ? {} : { line: String(line) }),
    },
    content: [
      ...(outcome === null
        ? []
        : [
            {
              name: outcome.element,
              attributes: { message: outcome.message, type: outcome.type },
              content: outcome.body,
            },
          ]),
      ...(output === '' ? [] : [{ name: 'system-out', attributes: {}, content: output }]),
    ],
  };
}

function secondsOf(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

/** Without a zone, as readers of JUnit expect it; UTC. */
function timestampAttribute(started: string): SharedParts['timestamp'] {
  const date = new Date(started);
  return Number.isNaN(date.getTime()) ? {} : { timestamp: date.toISOString().slice(0, 19) };
}
