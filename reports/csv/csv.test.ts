import { parse } from 'csv-parse/sync';
import type { ReportInput } from '#plugin/plugin';
import type { Finding } from '#report/report';
import { visible } from '../format.js';
import { inReadingOrder } from '../status.js';
import { finding, rateMeasure } from '../testing/findings.js';
import { emptyReport, HOSTILE, hostileReport, largeReport, mixedReport, passedReport } from '../testing/reports.js';
import { textCell } from './cell.js';
import { csvReporter } from './csv.js';

const EXAMPLES = { passedReport, mixedReport, hostileReport, emptyReport };

type Row = Readonly<Record<string, string>>;

function rowsOf(file: string): readonly Row[] {
  return parse<Row>(file, { bom: true, columns: true });
}

function withFindings(findings: Finding[]): ReportInput {
  const { report, ...rest } = passedReport();
  return { ...rest, report: { ...report, findings } };
}

const text = (value: number | null | undefined) => (value == null ? '' : String(value));

/** Without the quote that keeps formulas text. */
function unquoted(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value.replace(/^'(?=\s*[=+\-@])/, '')]));
}

/** The rows that the file must hold, apart from the quote before formulas. */
function expectedRows({ report }: ReportInput): readonly Row[] {
  return inReadingOrder(report.findings).flatMap(({ measures, ...one }) =>
    (measures.length === 0 ? [null] : measures).map((measure) => ({
      cell: one.cell,
      audit: visible(one.audit),
      area: one.area,
      severity: one.severity,
      status: one.status,
      waived_until: visible(one.waiver?.expires ?? ''),
      title: visible(one.title),
      claim: visible(one.claim),
      measure: visible(measure?.label ?? ''),
      value: text(measure?.value),
      low: text(measure?.interval?.low),
      high: text(measure?.interval?.high),
      n: text(measure?.n),
      comparison: measure?.threshold?.comparison ?? '',
      threshold: text(measure?.threshold?.value),
      compared: text(measure?.threshold?.compared),
      holds: measure?.threshold == null ? '' : String(measure.threshold.holds),
      set_by: visible(measure?.threshold?.setBy ?? ''),
      command: visible(one.command),
    })),
  );
}

describe.each(Object.entries(EXAMPLES))('%s', (_, example) => {
  test('reads back as the report', async () => {
    expect(rowsOf(await csvReporter.render(example())).map(unquoted)).toEqual(expectedRows(example()));
  });

  test('equal reports give equal bytes', async () => {
    expect(await csvReporter.render(example())).toBe(await csvReporter.render(example()));
  });
});

test('the file is as RFC 4180 and Excel want it: a byte order mark, a header, lines that end with CR LF', async () => {
  const file = await csvReporter.render(passedReport());
  expect(file.startsWith('\ufeffcell,audit,area,')).toBe(true);
  expect(file.endsWith('\r\n')).toBe(true);
  const withoutQuoted = file.replaceAll(/"(?:[^"]|"")*"/g, '');
  expect(withoutQuoted.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
});

test('an empty report has a header and no row', async () => {
  expect((await csvReporter.render(emptyReport())).split('\r\n')).toHaveLength(2);
});

const FORMULAS = [
  '=cmd()',
  '+1',
  '-1+1',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  '  =1',
  '\u00a0=1',
  '\u3000+1',
  '\n=1',
  '\uff1d1+1',
  '\uff0b1',
  '\uff0d1',
  '\uff20A1',
  '\ufeff=1',
  '"=1","=2"',
];

test.each(FORMULAS)('no spreadsheet calculates %j', async (name) => {
  const [row, ...others] = rowsOf(
    await csvReporter.render(
      withFindings([
        finding(name, { title: name, claim: name, command: name, measures: [rateMeasure(name, 0.5, null)] }),
      ]),
    ),
  );
  expect(others).toEqual([]);
  for (const column of ['audit', 'title', 'claim', 'command', 'measure']) {
    expect(row?.[column]).not.toMatch(/^[\s\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]/);
    expect(row?.[column]).not.toMatch(/^[\t\r]/);
  }
});

test('what is no formula has no quote before it', () => {
  for (const plain of ['evasion/pgd', 'a=b', '1-2', '"quoted"', '', '′=1']) expect(textCell(plain)).toBe(plain);
});

test('a negative number stays a number, and no digit is lost', async () => {
  const value = -0.1 - 0.2;
  const measure = rateMeasure('Gap', 0.5, null, { value, interval: { low: -1e-21, high: 1e21, method: 'exact' } });
  const [row] = rowsOf(await csvReporter.render(withFindings([finding('a', { measures: [measure] })])));
  expect([row?.['value'], row?.['low'], row?.['high']].map(Number)).toEqual([value, -1e-21, 1e21]);
  expect(row?.['value']).toBe('-0.30000000000000004');
});

test('a name with quotes, separators and line breaks stays one cell', async () => {
  const name = `a","b"\r\nc;d\n${HOSTILE.script}`;
  const rows = rowsOf(await csvReporter.render(withFindings([finding(name, { title: name })])));
  expect(rows).toHaveLength(1);
  expect(rows[0]?.['title']).toBe(visible(name));
});

test('10,000 findings are written in time', async () => {
  const input = largeReport(10_000, 0);
  const begun = process.cpuUsage();
  const file = await csvReporter.render(input);
  // Time of the processor, which a busy machine stretches less than the clock; it takes less than half of that.
  expect(process.cpuUsage(begun).user / 1e6).toBeLessThan(4);
  expect(rowsOf(file)).toHaveLength(10_000);
});
