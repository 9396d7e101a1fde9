import type { DataCard, Finding, Measure, Report, TargetCard } from '#report/report';
import { clip, counted, epsilonUnits, formatBytes, formatCount, type EpsilonUnits } from '../format.js';
import { code, escaped } from '../markdown/escape.js';
import { measureCells } from '../measure.js';
import { inReadingOrder, statusOf } from '../status.js';

/** Tables and lists of the documents in Markdown. Cells are Markdown already; no line begins with text from outside. */

/** Rows of a table, and entries of a list, that a reader of a document looks at; the rest is counted. */
export const MOST_ROWS = 200;
const NAME_LENGTH = 120;
const SENTENCE_LENGTH = 600;
const CLASSES_SHOWN = 20;

export const TO_BE_SUPPLIED = '_To be supplied by the provider._';

export interface Column {
  readonly label: string;
  readonly align: 'left' | 'right';
}

/** Columns of words. */
export function columns(...labels: readonly string[]): Column[] {
  return labels.map((label) => ({ label, align: 'left' }));
}

/** @param all how many rows there are, where `rows` holds only the first of them */
export function table(head: readonly Column[], rows: readonly (readonly string[])[], all = rows.length): string {
  const shown = rows.slice(0, MOST_ROWS);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const left = all - shown.length;
  return [
    line(head.map(({ label }) => label)),
    line(head.map(({ align }) => (align === 'left' ? ':--' : '--:'))),
    ...shown.map(line),
    ...(left > 0 ? ['', `${counted(left, 'more row')} in \`report.json\`.`] : []),
  ].join('\n');
}

/** A list whose entries begin with words of our own. */
export function list(entries: readonly string[]): string {
  const left = entries.length - MOST_ROWS;
  return [
    ...entries.slice(0, MOST_ROWS).map((entry) => `- ${entry}`),
    ...(left > 0 ? [`- And ${counted(left, 'more entry', 'more entries')} in \`report.json\`.`] : []),
  ].join('\n');
}

/** A short text from outside, such as the name of a file. */
export function named(text: string): string {
  return escaped(clip(text, NAME_LENGTH));
}

/** The same as code, such as the id of an audit. */
export function coded(text: string): string {
  return code(clip(text, NAME_LENGTH));
}

export function sentence(text: string): string {
  return escaped(clip(text, SENTENCE_LENGTH));
}

export function filesTable(files: TargetCard['files']): string {
  const head: Column[] = [...columns('File', 'SHA-256'), { label: 'Size', align: 'right' }];
  return table(
    head,
    files.slice(0, MOST_ROWS).map(({ name, sha256, bytes }) => [named(name), coded(sha256), formatBytes(bytes)]),
    files.length,
  );
}

/** One row for each number, and one for each finding without any, in reading order. */
export function numbersTable(report: Report, nameOf: (finding: Finding) => string): string {
  const units = epsilonUnits(report.target);
  const rows: string[][] = [];
  for (const finding of inReadingOrder(report.findings)) {
    if (rows.length >= MOST_ROWS) break;
    const begin = [verdictInWords(finding), nameOf(finding), finding.severity];
    if (finding.measures.length === 0) rows.push([...begin, 'no number', '', '', '', '']);
    for (const measure of finding.measures) rows.push([...begin, ...numberCells(measure, units)]);
  }
  const all = report.findings.reduce((sum, { measures }) => sum + Math.max(1, measures.length), 0);
  return table(
    [
      ...columns('Verdict', 'Finding', 'Severity', 'Number'),
      { label: 'Value', align: 'right' },
      { label: '95 % interval', align: 'right' },
      { label: 'n', align: 'right' },
      { label: 'Asked for', align: 'left' },
    ],
    rows,
    all,
  );
}

export function verdictInWords(finding: Finding): string {
  const { shape, word } = statusOf(finding);
  return `${shape} ${word}`;
}

function numberCells(measure: Measure, units: EpsilonUnits): string[] {
  const { label, value, interval, n, threshold, setBy } = measureCells(measure, units);
  const bar = threshold === null ? '' : `${threshold} (${named(setBy ?? '')})`;
  return [named(label), value ?? 'not measured', interval ?? '', n ?? '', bar];
}

/** `90.5 %, 95 % interval 88.5 to 92.2 %, n 1,000`: a number never stands without what makes it readable. */
export function numberInWords(measure: Measure, units: EpsilonUnits): string {
  const { value, interval, n } = measureCells(measure, units);
  return [
    value ?? 'not measured',
    interval === null ? 'no interval' : `95 % interval ${interval}`,
    n === null ? 'no count of samples' : `n ${n}`,
  ].join(', ');
}

export function dataTable(data: readonly DataCard[]): string {
  return table(
    [
      ...columns('Role', 'Files', 'Digest'),
      { label: 'Samples', align: 'right' },
      { label: 'Used', align: 'right' },
      ...columns('How they were drawn', 'Classes', 'Columns'),
    ],
    data.map((card) => [
      named(card.role),
      some(card.files.map(({ name, sha256 }) => `${named(name)} (SHA-256 ${coded(sha256)})`)),
      coded(card.digest),
      formatCount(card.available),
      formatCount(card.used),
      sentence(card.drawn),
      some(card.classes.map(({ label, count }) => `${named(label)} (${formatCount(count)})`)),
      some(card.columns.map(({ name, role }) => `${named(name)} (${named(role)})`)),
    ]),
  );
}

/** The first entries in one line, and how many more there are; `none` where there are none. */
export function some(entries: readonly string[], most = CLASSES_SHOWN): string {
  if (entries.length === 0) return 'none';
  const left = entries.length - most;
  return `${entries.slice(0, most).join(', ')}${left > 0 ? `, and ${formatCount(left)} more` : ''}`;
}
