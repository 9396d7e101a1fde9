import type { Finding, Report } from '#report/report';
import { epsilonUnits, type EpsilonUnits } from '#reports/format';
import { measureCells } from '#reports/measure';
import { inReadingOrder, statusOf } from '#reports/status';
import type { Colors } from '../io.js';
import { painted } from './status.js';
import { gateLines } from './summary.js';
import { table, type Column } from './table.js';
import { oneLine } from './text.js';

const COLUMNS: readonly Column[] = [
  { label: 'verdict' },
  { label: 'audit' },
  { label: 'measured' },
  { label: 'found', align: 'right' },
  { label: '95 % interval', align: 'right' },
  { label: 'n', align: 'right' },
  { label: 'expected' },
  { label: 'compared', align: 'right' },
  { label: 'set by' },
];

/** What was expected, what was found, and every value: all that the decision stands on, and the decision. */
export function decisionOf(report: Report, colors: Colors): string {
  const units = epsilonUnits(report.target);
  const rows = inReadingOrder(report.findings).flatMap((finding) => rowsOf(finding, units, colors));
  return [...(rows.length === 0 ? [] : [table(COLUMNS, rows), '']), gateLines(report, colors)].join('\n');
}

/** One row a number; what has none, one row. */
function rowsOf(finding: Finding, units: EpsilonUnits, colors: Colors): string[][] {
  const head = [painted(statusOf(finding), colors), oneLine(finding.audit)];
  if (finding.measures.length === 0) return [head];
  return finding.measures.map((measure, i) => {
    const { label, value, interval, n, threshold, compared, setBy } = measureCells(measure, units);
    const cells = [label, value ?? 'no number', interval, n, threshold, compared, setBy];
    return [...(i === 0 ? head : ['', '']), ...cells.map((cell) => oneLine(cell ?? ''))];
  });
}
