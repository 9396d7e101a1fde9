import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AssayError, errnoOf, messageOf } from '#base/errors';
import { checkedRecord, checker } from '#pipeline/records';
import { REPORT_FILE } from '#pipeline/render';
import { readReport } from '#pipeline/report-file';
import { Finding, type Report } from '#report/report';

/** What was found before the test: it is there at once, and judged already. */
export interface Recorded {
  readonly kind: 'report' | 'finding';
  readonly findings: readonly Finding[];
  /** Null for a finding alone. */
  readonly report: Report | null;
  /** Where the counterexamples lie; null where that is not known. */
  readonly folder: string | null;
}

const checkFinding = checker(Finding);

/**
 * Reads a report, the result of `audit()`, a finding, or the folder of a finished run; null for anything else.
 *
 * @throws AssayError `usage` for a folder without a report, `run` for what looks like one of them and is damaged
 */
export function recordedIn(received: unknown): Recorded | null {
  if (typeof received === 'string') return reportIn(received);
  if (hasAll(received, ['report', 'folder', 'exitCode']) && typeof received['folder'] === 'string') {
    return recordedReport(received['report'], received['folder']);
  }
  if (hasAll(received, ['version', 'findings', 'gate'])) return recordedReport(received, null);
  if (hasAll(received, ['cell', 'audit', 'status', 'measures'])) {
    const finding = checkedRecord(checkFinding, received, 'the finding');
    return { kind: 'finding', findings: [finding], report: null, folder: null };
  }
  return null;
}

/** The report of a finished run. */
export function reportIn(folder: string): Recorded & { readonly report: Report } {
  const report = readReport(textIn(folder), join(folder, REPORT_FILE));
  return { kind: 'report', findings: report.findings, report, folder };
}

function recordedReport(value: unknown, folder: string | null): Recorded {
  const report = readReport(textOf(value), 'the report');
  return { kind: 'report', findings: report.findings, report, folder };
}

function textOf(value: unknown): string {
  try {
    const text: unknown = JSON.stringify(value);
    return String(text);
  } catch (cause) {
    throw new AssayError('usage', { what: `the report cannot be read: ${messageOf(cause)}`, cause });
  }
}

function hasAll(value: unknown, keys: readonly string[]): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && keys.every((key) => key in value);
}

function textIn(folder: string): string {
  try {
    return readFileSync(join(folder, REPORT_FILE), 'utf8');
  } catch (cause) {
    const missing = ['ENOENT', 'ENOTDIR'].includes(errnoOf(cause) ?? '');
    throw new AssayError('usage', {
      where: folder,
      what: missing ? `this is no folder of a finished run: there is no ${REPORT_FILE} in it` : messageOf(cause),
      cause,
    });
  }
}
