import { emptyReport, HOSTILE, hostileReport, mixedReport } from '../testing/reports.js';
import { code, escaped } from './escape.js';
import { markdownReporter } from './markdown.js';

test('the summary begins with the verdict and has a row for each finding', () => {
  const input = mixedReport();
  const summary = markdownReporter.render(input);
  const rows = summary.split('\n').filter((line) => line.startsWith('|'));
  expect(summary.split('\n')[0]).toMatch(/^## ✕ failed: /);
  // A header, a rule, and the findings.
  expect(rows).toHaveLength(2 + input.report.findings.length);
});

test('text from outside stays text', () => {
  const summary = markdownReporter.render(hostileReport());
  // Within a code span nothing is markup; elsewhere the only tags are the comments that part characters.
  const outside = summary.replaceAll(/(?<!\\)(`+)(?!`).*?[^`]\1(?!`)/g, '').replaceAll('<!-- -->', '');
  expect(outside).not.toMatch(/<[a-z!/]/i);
  expect(escaped('a|b')).not.toContain('|');
  expect(escaped('@team #12 https://x.y')).not.toMatch(/@team|#12|:\/\//);
  expect(code('a `b` c')).toBe('``a `b` c``');
  expect(escaped(HOSTILE.direction)).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
});

test('an empty report says that it is empty', () => {
  expect(markdownReporter.render(emptyReport())).toMatch(/[Nn]o(thing| audit)/);
});
