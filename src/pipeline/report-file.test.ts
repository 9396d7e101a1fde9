import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { mixedReport } from '../../reports/testing/reports.js';
import { reporters } from '../../reports/index.js';
import { REPORT_VERSION, type Report } from '#report/report';
import { READABLE_VERSIONS, upgraded } from '#report/upgrade';
import { readReport } from './report-file.js';
import { checkTimings } from './report.js';

const fixture = (name: string): string => readFileSync(join(packageRoot(), 'fixtures/reports', name), 'utf8');
const first = fixture('report-1.json');

describe('a report of version 1', () => {
  test('is read as one of today, and nothing in it is lost or invented', () => {
    const before = JSON.parse(first) as Report & { threatModel: unknown };
    const now = readReport(first, 'report.json');
    expect(now.version).toBe(REPORT_VERSION);
    expect(now.gate).toEqual(before.gate);
    expect(now.findings.map(({ place, changes, texts, ...rest }) => [rest, place, changes, texts])).toEqual(
      before.findings.map((finding) => [finding, null, [], {}]),
    );
    expect(now.target).toEqual(before.target);
    expect(now.data).toEqual(before.data);
    expect(now.policy).toMatchObject(before.policy);
    expect(now.threatModel.map(({ sentence }) => sentence)).toEqual(before.threatModel);
    expect(now.notTested.map(({ what, because }) => ({ what, because }))).toEqual(before.notTested);
    expect(now.provenance).toMatchObject({ ...before.provenance, language: 'en' });
    expect(now.baseline).toBeNull();
  });

  test('renders in every format', async () => {
    const report = readReport(first, 'report.json');
    const timings = checkTimings(JSON.parse(fixture('timings-1.json')));
    if (!('value' in timings)) throw new Error(timings.problem);
    for (const reporter of reporters) {
      const text = await reporter.render({ report, timings: timings.value, readFile: () => null, language: 'en' });
      expect([reporter.id, text.includes('evasion/pgd')]).toEqual([reporter.id, true]);
    }
  });

  test('that is not as its own schema says is one sentence', () => {
    const spoilt = first.replace('"severity": "high"', '"severity": "awful"');
    expect(() => readReport(spoilt, 'report.json')).toThrow('report.json: the file is damaged: `/findings/');
  });
});

test('each version up to this one is readable, and its schema is kept', () => {
  expect(READABLE_VERSIONS).toEqual(Array.from({ length: REPORT_VERSION }, (_, i) => i + 1));
  for (const version of READABLE_VERSIONS.slice(0, -1)) {
    const schema = readFileSync(join(packageRoot(), `resources/report-schemas/report-${version}.json`), 'utf8');
    expect(JSON.parse(schema)).toMatchObject({ $id: `https://assay.dev/schema/report-${version}.json` });
  }
});

test('a report of today is read as it is', () => {
  const { report } = mixedReport();
  expect(readReport(JSON.stringify(report), 'report.json')).toEqual(JSON.parse(JSON.stringify(report)));
  expect(upgraded(report)).toEqual(report);
});

test.each([
  ['a later version', '{ "version": 3 }', 'this report has version 3, and this version of Assay reads 1 and 2'],
  ['a version that never was', '{ "version": 0.5 }', 'this report has version 0.5'],
  ['no version', '{}', 'the file is damaged'],
  ['no report', '[]', 'the file is damaged'],
  ['no JSON', '{', 'the file is damaged: it is not JSON'],
])('%s is one sentence', (_, text, sentence) => {
  expect(() => readReport(text, 'report.json')).toThrow(sentence);
});
