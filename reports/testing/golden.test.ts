import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { canonicalJson } from '#base/json';
import { packageRoot } from '#base/package-root';
import { Report, STATUSES, Timings } from '#report/report';
import { goldenReport } from './golden.js';

/** Written anew by `ASSAY_WRITE_FIXTURES=1 npx jest --selectProjects unit --testPathPatterns golden`. */
const FILES = { report: 'fixtures/reports/mixed-2.json', timings: 'fixtures/reports/mixed-2-timings.json' } as const;

test.each(['report', 'timings'] as const)('the committed %s is the one that is generated', (part) => {
  const file = join(packageRoot(), FILES[part]);
  const text = `${JSON.stringify(JSON.parse(canonicalJson(goldenReport()[part])), null, 2)}\n`;
  if (process.env['ASSAY_WRITE_FIXTURES'] === '1') writeFileSync(file, text);
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test('it is a report as its schema says, with every status and changes of every direction', () => {
  const { report, timings } = goldenReport();
  const ajv = new Ajv({ strict: false });
  expect([ajv.validate(Report, report), ajv.errors]).toEqual([true, null]);
  expect([ajv.validate(Timings, timings), ajv.errors]).toEqual([true, null]);
  expect(new Set(report.findings.map(({ status }) => status))).toEqual(new Set(STATUSES));
  expect(report.findings.some(({ waiver }) => waiver !== null)).toBe(true);
  const changes = report.findings.flatMap((finding) => finding.changes);
  expect(new Set(changes.map(({ direction }) => direction))).toEqual(new Set(['better', 'worse', 'same']));
  for (const { before, now, n, lost, won } of changes) expect(now - before).toBeCloseTo((won - lost) / n, 12);
});
