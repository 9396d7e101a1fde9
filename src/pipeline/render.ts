import { readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { AssayError, errnoOf, messageOf } from '#base/errors';
import type { Reporter, ReportInput } from '#plugin/plugin';
import type { Language, Report, Timings } from '#report/report';
import { makeFolder, writeAtomically } from './atomic.js';
import type { PictureFile } from './pictures.js';
import { parseRecord } from './records.js';
import { checkTimings } from './report.js';
import { readReport } from './report-file.js';

/** `report.json`, which everything else is a projection of. */
export const REPORT_FILE = 'report.json';
const TIMINGS_FILE = 'timings.json';

/**
 * Renders the report of a run again, from `report.json` and `timings.json` alone; reports of versions before too.
 *
 * @param language of the reporters' own words; default: the one of the run
 * @returns the files that were written
 * @throws AssayError `usage` for a folder without a report; `run` for a damaged one, and where a reporter failed, after
 *   the others have written theirs
 */
export async function renderRun(
  runFolder: string,
  reporters: readonly Reporter[],
  language?: Language,
): Promise<readonly string[]> {
  const report = readReport(readText(runFolder, REPORT_FILE), join(runFolder, REPORT_FILE));
  const timings = parseRecord(checkTimings, readText(runFolder, TIMINGS_FILE), join(runFolder, TIMINGS_FILE));
  const input = reportInput(runFolder, report, timings);
  const { files, failures } = await writeProjections(runFolder, reporters, given(input, language));
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  return files;
}

function given(input: ReportInput, language: Language | undefined): ReportInput {
  return language === undefined ? input : { ...input, language };
}

/** Writes a run's report, its pictures and its timings. */
export function writeReport(
  runFolder: string,
  { report, timings, pictures }: { report: Report; timings: Timings; pictures: readonly PictureFile[] },
): readonly string[] {
  for (const { path, bytes } of pictures) {
    makeFolder(join(runFolder, path, '..'));
    writeAtomically(join(runFolder, path), bytes);
  }
  return [writeJson(join(runFolder, REPORT_FILE), report), writeJson(join(runFolder, TIMINGS_FILE), timings)];
}

export interface Projections {
  readonly files: readonly string[];
  /** One for each reporter that threw or gave something else than a file of the run folder. */
  readonly failures: readonly AssayError[];
}

/**
 * Writes what each reporter makes of a report. One that fails keeps no other from writing.
 *
 * @throws AssayError `output` when the disk refuses
 */
export async function writeProjections(
  runFolder: string,
  reporters: readonly Reporter[],
  input: ReportInput,
): Promise<Projections> {
  const files: string[] = [];
  const failures: AssayError[] = [];
  for (const reporter of reporters) {
    // The report itself is what is rendered, not one of its projections.
    if (reporter.file === REPORT_FILE) continue;
    const rendered = await render(runFolder, reporter, input);
    if (rendered instanceof AssayError) failures.push(rendered);
    else {
      writeAtomically(rendered.path, rendered.text);
      files.push(rendered.path);
    }
  }
  return { files, failures };
}

/** What reporters get; they can read files of the run folder and nothing else. */
export function reportInput(runFolder: string, report: Report, timings: Timings): ReportInput {
  return {
    report,
    timings,
    language: report.provenance.language,
    readFile(path) {
      const full = inside(runFolder, path);
      if (full === null) return null;
      try {
        return readFileSync(full);
      } catch {
        return null;
      }
    },
  };
}

async function render(
  runFolder: string,
  reporter: Reporter,
  input: ReportInput,
): Promise<{ path: string; text: string } | AssayError> {
  try {
    const path = inside(runFolder, reporter.file);
    const text: unknown = await reporter.render(input);
    if (path === null) throw new Error(`\`${reporter.file}\` does not lie in the run folder`);
    if (typeof text !== 'string') throw new Error('it gave no text');
    return { path, text };
  } catch (cause) {
    const what = `the reporter ${reporter.id} failed: ${messageOf(cause).replace(/\.$/, '')}`;
    return new AssayError('run', { where: reporter.file, what, cause });
  }
}

function inside(runFolder: string, path: string): string | null {
  const root = resolve(runFolder);
  const full = resolve(root, path);
  return full.startsWith(root + sep) ? full : null;
}

function writeJson(path: string, value: unknown): string {
  writeAtomically(path, `${JSON.stringify(value, null, 2)}\n`);
  return path;
}

function readText(runFolder: string, name: string): string {
  try {
    return readFileSync(join(runFolder, name), 'utf8');
  } catch (cause) {
    const missing = ['ENOENT', 'ENOTDIR'].includes(errnoOf(cause) ?? '');
    throw new AssayError('usage', {
      where: runFolder,
      what: missing ? `there is no ${name} in it` : `${name} cannot be read`,
      mend: 'Name the folder of a run that came to its end; `assay audit --resume` ends one that did not.',
      cause,
    });
  }
}
