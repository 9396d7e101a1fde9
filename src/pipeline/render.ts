import { readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { AssayError, errnoOf, messageOf } from '#base/errors';
import type { Reporter, ReportInput } from '#plugin/plugin';
import type { Report, Timings } from '#report/report';
import { writeAtomically } from './atomic.js';
import { checkedRecord, parseJson } from './records.js';
import { checkReport, checkTimings } from './report.js';

/**
 * Renders the report of a run again, from `report.json` and `timings.json` alone.
 *
 * @returns the files that were written
 * @throws AssayError `usage` for a folder without a report, `run` for a damaged one or a reporter that fails
 */
export async function renderRun(runFolder: string, reporters: readonly Reporter[]): Promise<readonly string[]> {
  const report = checkedRecord(checkReport, readJson(runFolder, 'report.json'), join(runFolder, 'report.json'));
  const timings = checkedRecord(checkTimings, readJson(runFolder, 'timings.json'), join(runFolder, 'timings.json'));
  const input = reportInput(runFolder, report, timings);
  // The report itself is what is rendered, not one of its projections.
  return Promise.resolve(
    reporters
      .filter(({ file }) => file !== 'report.json')
      .map((reporter) => writeProjection(runFolder, reporter, input)),
  );
}

/** Writes one projection of a report. @throws AssayError `plugin` when the reporter fails */
export function writeProjection(runFolder: string, reporter: Reporter, input: ReportInput): string {
  const path = join(runFolder, reporter.file);
  let text: string;
  try {
    text = reporter.render(input);
  } catch (cause) {
    throw new AssayError('run', {
      where: path,
      what: `the reporter ${reporter.id} failed: ${messageOf(cause)}`,
      cause,
    });
  }
  writeAtomically(path, text);
  return path;
}

/** What reporters get; they can read files of the run folder and nothing else. */
export function reportInput(runFolder: string, report: Report, timings: Timings): ReportInput {
  const root = resolve(runFolder) + sep;
  return {
    report,
    timings,
    readFile(path) {
      const full = resolve(runFolder, path);
      if (!full.startsWith(root)) return null;
      try {
        return readFileSync(full);
      } catch {
        return null;
      }
    },
  };
}

function readJson(runFolder: string, name: string): unknown {
  const path = join(runFolder, name);
  try {
    return parseJson(readFileSync(path, 'utf8'), path);
  } catch (cause) {
    if (cause instanceof AssayError) throw cause;
    const missing = errnoOf(cause) === 'ENOENT' || errnoOf(cause) === 'ENOTDIR';
    throw new AssayError('usage', {
      where: runFolder,
      what: missing ? `there is no ${name} in it` : `${name} cannot be read`,
      mend: 'Name the folder of a run that came to its end; `assay audit --resume` ends one that did not.',
      cause,
    });
  }
}
