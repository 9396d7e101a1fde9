import type { Finding, Report } from '#report/report';
import { epsilonUnits } from '#reports/format';
import { leadMeasure, measureCells, type MeasureCells } from '#reports/measure';
import { gateSentence, gateStatus, inReadingOrder, statusOf } from '#reports/status';
import type { Colors } from '../io.js';
import { painted } from './status.js';
import { table, type Column } from './table.js';
import { oneLine } from './text.js';

const NOTHING: MeasureCells = {
  label: '',
  value: null,
  interval: null,
  n: null,
  threshold: null,
  setBy: null,
  compared: null,
  holds: null,
};

export const FINDING_COLUMNS: readonly Column[] = [
  { label: 'verdict' },
  { label: 'audit' },
  { label: 'severity' },
  { label: 'measured' },
  { label: 'value', align: 'right' },
  { label: '95 % interval', align: 'right' },
  { label: 'n', align: 'right' },
  { label: 'asked for' },
];

/** A finding as a row: its verdict and the number that it stands or falls by. */
export function findingRow(finding: Finding, report: Report, colors: Colors): string[] {
  const lead = leadMeasure(finding);
  const cells = lead === null ? NOTHING : measureCells(lead, epsilonUnits(report.target));
  return [
    painted(statusOf(finding), colors),
    oneLine(finding.audit),
    finding.severity,
    ...[cells.label, cells.value, cells.interval, cells.n, cells.threshold].map((cell) => oneLine(cell ?? '')),
  ];
}

/** The verdicts of a run, why the gate decided as it did, and where the pages are. */
export function summaryOf(report: Report, colors: Colors): string {
  const rows = inReadingOrder(report.findings).map((finding) => findingRow(finding, report, colors));
  const verdicts = rows.length === 0 ? [] : [table(FINDING_COLUMNS, rows), ''];
  return [...verdicts, gateLines(report, colors)].join('\n');
}

/** The decision, and the rules that kept it from passing. */
export function gateLines(report: Report, colors: Colors): string {
  const { gate } = report;
  const broken = gate.rules.filter(({ holds }) => !holds).map(({ sentence }) => `  ${oneLine(sentence)}`);
  const decision = `${colors.bold('Gate')}: ${painted(gateStatus(report), colors)} (exit code ${gate.exitCode}). ${oneLine(gateSentence(report))}`;
  return [decision, ...broken].join('\n');
}

/** The same for machines. */
export function summaryForMachines(folder: string, report: Report, files: readonly string[]): object {
  return {
    run: folder,
    exitCode: report.gate.exitCode,
    gate: report.gate,
    findings: report.findings.map(({ cell, audit, status, severity, claim, reasons, measures, waiver }) => ({
      cell,
      audit,
      status,
      severity,
      claim,
      reasons,
      measures,
      waiver,
    })),
    files,
  };
}
