import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rng } from '#stats/random';
import { assay, onlyRun, reportOf, start } from './cli.js';

/** What an undisturbed run gives, and how long it takes. */
export interface Undisturbed {
  readonly folder: string;
  readonly report: Buffer;
  readonly milliseconds: number;
}

/** Kills runs at random moments, resumes them, and expects each that ends to have the report of the undisturbed one. */
export async function killAndResume({
  kills,
  newOut,
  audit,
  undisturbed,
}: {
  readonly kills: number;
  readonly newOut: () => string;
  /** The arguments of an audit into a folder. */
  readonly audit: (out: string, ...flags: string[]) => string[];
  readonly undisturbed: Undisturbed;
}): Promise<void> {
  const random = rng('moments of death');
  let out = newOut();
  for (let kill = 0; kill < kills; kill++) {
    const run = start(audit(out, '--resume', '--workers', kill % 2 === 0 ? '1' : '2'));
    // Now and then long enough to end: then the next run is killed.
    const timer = setTimeout(() => run.signalGroup('SIGKILL'), random.uniform() * undisturbed.milliseconds);
    await run.ended;
    clearTimeout(timer);
    if (!isFinished(out)) continue;
    expect(reportOf(onlyRun(out)).equals(undisturbed.report)).toBe(true);
    out = newOut();
  }
  await assay(audit(out, '--resume', '--quiet'));
  expect(reportOf(onlyRun(out)).equals(undisturbed.report)).toBe(true);
}

function isFinished(out: string): boolean {
  if (!existsSync(out)) return false;
  const journal = join(onlyRun(out), 'journal.jsonl');
  return existsSync(journal) && readFileSync(journal, 'utf8').includes('"kind":"finished"');
}
