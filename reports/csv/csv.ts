import { defineReporter } from '#plugin/define';
import type { ReportInput } from '#plugin/plugin';
import type { Finding, Measure } from '#report/report';
import { inReadingOrder } from '../status.js';
import { textCell } from './cell.js';

const COLUMNS = [
  'cell',
  'audit',
  'area',
  'severity',
  'status',
  'waived_until',
  'title',
  'claim',
  'measure',
  'value',
  'low',
  'high',
  'n',
  'comparison',
  'threshold',
  'compared',
  'holds',
  'set_by',
  'command',
] as const;

type Row = Readonly<Record<(typeof COLUMNS)[number], string>>;

/** RFC 4180: one row for each finding and measure, numbers at the precision of the machine. */
export const csvReporter = defineReporter({
  id: 'csv',
  file: 'findings.csv',
  description: 'The findings with their numbers, one row for each measure (CSV), for spreadsheets and data frames.',
  render: table,
});

async function table({ report }: ReportInput): Promise<string> {
  const { stringify } = await import('csv-stringify/sync');
  return stringify(inReadingOrder(report.findings).flatMap(rowsOf), {
    columns: [...COLUMNS],
    header: true,
    record_delimiter: 'windows',
    // Without it Excel reads the bytes in the code page of the machine. Readers of UTF-8 skip it or are told to (`utf-8-sig`).
    bom: true,
  });
}

/** A finding without a measure has one row all the same. */
function rowsOf(finding: Finding): readonly Row[] {
  const measures = finding.measures.length === 0 ? [null] : finding.measures;
  const shared = findingCells(finding);
  return measures.map((measure) => ({ ...shared, ...measureCells(measure) }));
}

function findingCells({ cell, audit, area, severity, status, waiver, title, claim, command }: Finding) {
  return {
    cell: textCell(cell),
    audit: textCell(audit),
    area,
    severity,
    status,
    waived_until: textCell(waiver?.expires ?? ''),
    title: textCell(title),
    claim: textCell(claim),
    command: textCell(command),
  };
}

function measureCells(measure: Measure | null) {
  const { interval = null, threshold = null } = measure ?? {};
  return {
    measure: textCell(measure?.label ?? ''),
    value: numberCell(measure?.value),
    low: numberCell(interval?.low),
    high: numberCell(interval?.high),
    n: numberCell(measure?.n),
    comparison: threshold?.comparison ?? '',
    threshold: numberCell(threshold?.value),
    compared: numberCell(threshold?.compared),
    holds: threshold === null ? '' : String(threshold.holds),
    set_by: textCell(threshold?.setBy ?? ''),
  };
}

/** The shortest digits that give the same number again, with a decimal point; a sign starts no formula here. */
function numberCell(value: number | null | undefined): string {
  return value == null ? '' : String(value);
}
