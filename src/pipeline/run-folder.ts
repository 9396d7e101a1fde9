import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Digest } from '#base/digest';
import { AssayError, errnoOf } from '#base/errors';
import { makeFolder, onDisk, syncFolder, writeAtomically } from './atomic.js';
import { readJournal } from './journal.js';
import { checkedRecord, checker, parseJson, PlanFile, RUN_VERSION } from './records.js';
import type { Cell } from './types.js';

const PLAN = 'plan.json';
/** As {@link createRunFolder} names them. */
const RUN_NAME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[0-9a-f]{8}/;
const checkPlan = checker(PlanFile);

/**
 * Makes a new run folder below `out`, named by the time and the plan, with `plan.json` in it.
 *
 * @throws AssayError `output` when it cannot be written
 */
export function createRunFolder(out: string, plan: PlanFile, now: Date): string {
  makeFolder(out);
  const time = now.toISOString().slice(0, 19).replaceAll(':', '-');
  const name = `${time}Z-${plan.plan.digest.slice(0, 8)}`;
  const folder = onDisk(out, () => firstFree(out, name));
  writePlan(folder, plan);
  return folder;
}

/**
 * Makes a run folder of a given name, or takes one that a process left before its plan was written.
 *
 * @throws AssayError `output` when it cannot be written
 */
export function createNamedRunFolder(folder: string, plan: PlanFile): string {
  makeFolder(folder);
  writePlan(folder, plan);
  return folder;
}

function writePlan(folder: string, plan: PlanFile): void {
  writeAtomically(join(folder, PLAN), `${JSON.stringify(plan, null, 2)}\n`);
}

/** @throws AssayError when the folder is no run (`usage`), of another version (`usage`) or damaged (`run`) */
export function readPlan(runFolder: string): PlanFile {
  const path = join(runFolder, PLAN);
  const plan = parseJson(readText(path, runFolder), path);
  refuseOtherVersion(plan, path);
  return checkedRecord(checkPlan, plan, path);
}

/** The newest run of this plan below `out` that did not come to its end; null when there is none. */
export function findUnfinished(out: string, planDigest: Digest): string | null {
  const newestFirst = namesIn(out).sort().reverse();
  const names = newestFirst.filter((name) => name.includes(`Z-${planDigest.slice(0, 8)}`));
  for (const name of names) {
    const folder = join(out, name);
    if (!hasPlan(folder) || readPlan(folder).plan.digest !== planDigest) continue;
    if (!readJournal(folder).some(({ kind }) => kind === 'finished')) return folder;
  }
  return null;
}

/** The newest run of this config below `out` that did not come to its end, whatever was planned; null when there is none. */
export function newestUnfinished(out: string, configDigest: Digest): string | null {
  const newestFirst = namesIn(out).sort().reverse();
  const folders = newestFirst.filter((name) => RUN_NAME.test(name)).map((name) => join(out, name));
  return folders.find((folder) => hasPlan(folder) && isUnfinished(folder, configDigest)) ?? null;
}

/** What is damaged is none to go on with. */
function isUnfinished(folder: string, configDigest: Digest): boolean {
  const entries = readableJournal(folder);
  const isOfConfig = entries.some((entry) => entry.kind === 'opened' && entry.configDigest === configDigest);
  return isOfConfig && entries.every(({ kind }) => kind !== 'finished');
}

function readableJournal(folder: string): ReturnType<typeof readJournal> {
  try {
    return readJournal(folder);
  } catch (thrown) {
    if (thrown instanceof AssayError) return [];
    throw thrown;
  }
}

/**
 * The folder to go on in when the caller names it.
 *
 * @throws AssayError `usage` when it holds a run of another plan
 */
export function checkResumable(runFolder: string, planDigest: Digest): string {
  const { plan } = readPlan(runFolder);
  if (plan.digest === planDigest) return runFolder;
  throw new AssayError('usage', {
    where: runFolder,
    what: 'this run was planned from another target, device, data, seed, list of audits or version of Assay',
    mend: 'Resume it with what it was started with, or leave out `--resume`.',
  });
}

/** The name of a cell's folders below `evidence` and `counterexamples`. */
export function cellFolderName(cell: Pick<Cell, 'id' | 'audit'>): string {
  const audit = cell.audit.replaceAll(/[^A-Za-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
  return `${audit}-${cell.id.slice(0, 16)}`;
}

export function evidenceFolder(runFolder: string, cell: Pick<Cell, 'id' | 'audit'>): string {
  return join(runFolder, 'evidence', cellFolderName(cell));
}

function firstFree(out: string, name: string): string {
  for (let attempt = 1; ; attempt++) {
    const folder = join(out, attempt === 1 ? name : `${name}-${attempt}`);
    try {
      mkdirSync(folder);
      syncFolder(out);
      return folder;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw new AssayError('output', { where: folder, what: 'the folder cannot be read', cause: error });
  }
}

/** A run that was killed before its plan was written holds nothing. */
export function hasPlan(folder: string): boolean {
  return statSync(join(folder, PLAN), { throwIfNoEntry: false }) !== undefined;
}

function readText(path: string, runFolder: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = errnoOf(cause);
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    throw new AssayError('usage', {
      where: runFolder,
      what: missing ? `this is not a run folder: it has no ${basename(path)}` : `${basename(path)} cannot be read`,
      mend: 'Name a folder that `assay audit` made.',
      cause,
    });
  }
}

function refuseOtherVersion(plan: unknown, where: string): void {
  const version = typeof plan === 'object' && plan !== null && 'version' in plan ? plan.version : undefined;
  if (typeof version !== 'number' || version === RUN_VERSION) return;
  throw new AssayError('usage', {
    where,
    what: `this run folder has the format ${version}, and this version of Assay reads the format ${RUN_VERSION}`,
    mend: 'Read it with the version of Assay that made it.',
  });
}
