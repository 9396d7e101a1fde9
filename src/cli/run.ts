import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '#base/errors';
import { planRun } from '#pipeline/plan';
import { executeRun } from '#pipeline/run';
import type { RunOptions, RunResult } from '#pipeline/types';
import { reporters } from '#reports/index';
import { interruptible } from './interrupt.js';
import { printLine, type Io } from './io.js';
import { liveLinesOn } from './live-lines.js';
import { planOptions, prepare, type ConfigFlags, type PlanFlags } from './prepare.js';
import { progressOn } from './progress.js';

export interface RunFlags extends ConfigFlags, PlanFlags {
  readonly resume?: true | string;
  readonly quiet?: true;
}

/** Plans and runs a config, with its progress on stderr. */
export async function runConfig(config: string | undefined, flags: RunFlags, io: Io): Promise<RunResult> {
  const { loaded, registry } = await prepare(config, flags, io);
  return interruptible(io, async (signal) => {
    const resume = resumeOf(flags);
    const planned = await planRun(loaded, registry, { ...planOptions(flags, signal), resume });
    const progress = progressOn(io, { quiet: flags.quiet === true, lines: await liveLinesOn(io) });
    try {
      return await executeRun(planned, { resume, signal, on: progress.on, reporters });
    } finally {
      progress.end();
    }
  });
}

export function resumeOf({ resume }: Pick<RunFlags, 'resume'>): RunOptions['resume'] {
  if (resume === undefined) return false;
  return resume === true ? 'latest' : resume;
}

/** On GitHub the summary of a run is shown on the page of the job. */
export async function addStepSummary(folder: string, io: Io): Promise<void> {
  const file = io.env['GITHUB_STEP_SUMMARY'] ?? '';
  if (file === '') return;
  try {
    await appendFile(file, await readFile(join(folder, 'summary.md')));
  } catch (thrown) {
    printLine(io.stderr, `assay: warning: the summary could not be appended to ${file} (${messageOf(thrown)}).`);
  }
}
