import { basename, relative } from 'node:path';
import type { PlannedRun, PlanOptions } from './types.js';

/** The command that repeats a run. Without folders and what changes no result: equal runs have equal commands. */
export function commandOf({ loaded, options }: PlannedRun): string {
  return options.command ?? words(basename(loaded.file), flagsOf(options));
}

/** A command for these plugins alone. */
export function withOnly(command: string, ids: readonly string[]): string {
  return ids.length === 0 ? command : `${command} --only ${quoted(ids.join(','))}`;
}

/** The command that goes on with a run, from the folder that this process works in. */
export function resumeCommandOf({ loaded, options }: PlannedRun, runFolder: string): string {
  const config = relative(process.cwd(), loaded.file);
  return `${withOnly(words(config, flagsOf(options)), options.only ?? [])} --resume ${quoted(runFolder)}`;
}

function words(config: string, flags: readonly string[]): string {
  return ['assay audit', quoted(config), ...flags].join(' ');
}

/** What decides the plan beside the config. */
export function flagsOf({ sample, seed, device }: PlanOptions): string[] {
  return [
    ...(sample === undefined ? [] : [`--sample ${sample}`]),
    ...(seed === undefined ? [] : [`--seed ${quoted(String(seed))}`]),
    ...(device === undefined ? [] : [`--device ${device}`]),
  ];
}

/** As a shell reads it back. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
