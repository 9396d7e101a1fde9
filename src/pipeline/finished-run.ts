import type { Digest } from '#base/digest';
import { AssayError, messageOf } from '#base/errors';
import { packageVersion } from '#base/package-root';
import type { TargetFacts } from '#plugin/plugin';
import type { TargetCard } from '#report/report';
import type { Head } from '#target/head';
import { readEvidence } from './evidence-store.js';
import type { CellState } from './findings.js';
import { readJournal } from './journal.js';
import { drawPictures, type PictureFile } from './pictures.js';
import type { JournalEntry, Opened, PlanFile } from './records.js';
import { cellFolderName, evidenceFolder, readPlan } from './run-folder.js';
import type { Cell } from './types.js';

/** A run that came to the end of its cells, as it lies on the disk. */
export interface FinishedRun {
  readonly file: PlanFile;
  readonly journal: readonly JournalEntry[];
  /** How it was opened the last time, which says how it is judged. */
  readonly opened: Opened;
  /** What became of each cell that ran, by its id. */
  readonly states: ReadonlyMap<Digest, CellState>;
  readonly pictures: readonly PictureFile[];
}

/** @throws AssayError `usage` for what is no run folder of this version, `run` for a damaged or unfinished one */
export function readFinishedRun(runFolder: string): FinishedRun {
  const file = readPlan(runFolder);
  refuseOtherVersion(file, runFolder);
  const journal = readJournal(runFolder);
  const opened = openedOf(journal, runFolder);
  const ends = endsOf(journal);
  refuseUnfinished(file.plan.cells, ends, runFolder);
  return { file, journal, opened, ...readStates(runFolder, file, ends, opened) };
}

/** Evidence is read by the plugins that made it: those of another version may mean something else by it. */
function refuseOtherVersion({ tool }: PlanFile, where: string): void {
  if (tool.version === packageVersion()) return;
  throw new AssayError('usage', {
    where,
    what: `this run was made by Assay ${tool.version}, and this is ${packageVersion()}`,
    mend: `Judge it with Assay ${tool.version}, or run the audit again.`,
  });
}

/** The last opening says how the run is judged; it has kept the day of the first. */
function openedOf(journal: readonly JournalEntry[], where: string): Opened {
  const opened = journal.findLast((entry) => entry.kind === 'opened');
  if (opened !== undefined) return opened;
  throw new AssayError('run', {
    where,
    what: 'nothing has run in this folder',
    mend: 'Go on with it by `assay audit --resume`.',
  });
}

type End = Extract<JournalEntry, { kind: 'cell-finished' }>;

/** How each cell ended, by its id; a later attempt replaces an earlier one. */
function endsOf(journal: readonly JournalEntry[]): ReadonlyMap<Digest, End> {
  return new Map(journal.flatMap((entry) => (entry.kind === 'cell-finished' ? [[entry.cell, entry]] : [])));
}

function refuseUnfinished(cells: readonly Cell[], ends: ReadonlyMap<Digest, End>, where: string): void {
  const running = cells.filter(({ fate }) => fate.kind === 'run');
  const left = running.filter(({ id }) => !ends.has(id)).length;
  if (left === 0) return;
  throw new AssayError('run', {
    where,
    what: `${left} of ${running.length} cells of this run are not finished`,
    mend: 'Go on with it by `assay audit --resume`.',
  });
}

function readStates(
  runFolder: string,
  { plan }: PlanFile,
  ends: ReadonlyMap<Digest, End>,
  { samples }: Opened,
): { readonly states: ReadonlyMap<Digest, CellState>; readonly pictures: readonly PictureFile[] } {
  const states = new Map<Digest, CellState>();
  const pictures: PictureFile[] = [];
  const facts = plan.target === null ? null : factsOf(plan.target);
  const labels = plan.target?.labels ?? null;
  for (const cell of plan.cells) {
    const outcome = ends.get(cell.id)?.outcome;
    if (outcome === undefined) continue;
    if (outcome.kind !== 'evidence') {
      states.set(cell.id, outcome);
      continue;
    }
    try {
      const evidence = readEvidence(evidenceFolder(runFolder, cell), outcome.digest);
      const drawn = drawPictures(evidence, { facts, labels, folder: cellFolderName(cell), samples });
      pictures.push(...drawn.files);
      states.set(cell.id, { kind: 'evidence', data: evidence.data, pictures: drawn.pictures });
    } catch (thrown) {
      states.set(cell.id, { kind: 'error', sentence: messageOf(thrown) });
    }
  }
  return { states, pictures };
}

/** What the card says of domain and head, as plugins know it. */
function factsOf({ domain, head }: TargetCard): TargetFacts {
  const { shape, mean, std, layout } = domain;
  const range = domain.range ?? [0, 1];
  if (domain.kind === 'text') return { domain: { kind: 'text', shape }, head: headOf(head) };
  return {
    domain:
      domain.kind === 'image'
        ? { kind: 'image', layout: layout === 'NHWC' ? 'NHWC' : 'NCHW', shape, range, mean, std }
        : { kind: 'tabular', shape, range, mean, std },
    head: headOf(head),
  };
}

function headOf({ kind, outputs, tolerance }: TargetCard['head']): Head {
  switch (kind) {
    case 'binary':
      return { kind };
    case 'multi-label':
      return { kind, count: outputs };
    case 'regression':
      return { kind, count: outputs, tolerance: tolerance ?? NaN };
    default:
      return { kind: 'classes', count: outputs };
  }
}
