import { AssayError, messageOf } from '#base/errors';
import type { LoadedPolicy } from '#config/loaded';
import type { TargetFacts } from '#plugin/plugin';
import type { Registry } from '#plugin/registry';
import type { Report, TargetCard, Timings } from '#report/report';
import type { Head } from '#target/head';
import { readEvidence } from './evidence-store.js';
import { judgeCells, type CellState } from './findings.js';
import { decide } from './gate.js';
import { readJournal } from './journal.js';
import { drawPictures, type PictureFile } from './pictures.js';
import type { JournalEntry, Opened, PlanFile } from './records.js';
import { reportOf, timingsOf } from './report.js';
import { cellFolderName, evidenceFolder, readPlan } from './run-folder.js';
import type { Cell, GateOptions } from './types.js';
import { waiverOf } from './waivers.js';

/** A report with all that lies beside it, made from a run folder alone. */
export interface JudgedRun {
  readonly report: Report;
  readonly timings: Timings;
  readonly pictures: readonly PictureFile[];
}

/**
 * Judges a run folder again, by its own policy or another, without running the model.
 *
 * @throws AssayError `usage` for what is no run folder, `run` for a damaged one
 */
export function judgeRun(runFolder: string, registry: Registry, options: GateOptions = {}): Report {
  return judgeFolder(runFolder, registry, options).report;
}

export function judgeFolder(runFolder: string, registry: Registry, options: GateOptions = {}): JudgedRun {
  const file = readPlan(runFolder);
  const journal = readJournal(runFolder);
  const opened = firstOpened(runFolder, journal);
  const { plan } = file;
  const cells = plan.cells as readonly Cell[];
  const policy: LoadedPolicy = options.policy ?? { file: null, ...opened.policy };
  const today = options.today ?? opened.today;
  const states = statesOf(runFolder, plan, journal, opened);
  const findings = judgeCells({
    cells,
    stateOf: (cell) => states.get(cell.id) ?? { kind: 'missing' },
    registry,
    policy,
    today,
    command: opened.command,
  });
  const { waivers } = policy.policy;
  const voidWaivers = new Map(
    waivers.flatMap(({ audit }) => {
      const state = waiverOf(audit, waivers, today);
      return state.kind === 'void' ? [[audit, state.because] as const] : [];
    }),
  );
  const demanded = Object.keys(policy.policy.audits);
  const gate = decide({ findings, demanded, voidWaivers });
  const report = reportOf({ file, opened, policy, findings, gate, registry });
  return { report, timings: timingsOf(journal, cells), pictures: states.pictures };
}

function firstOpened(where: string, journal: readonly JournalEntry[]): Opened {
  const opened = journal.find((entry): entry is Opened => entry.kind === 'opened');
  if (opened !== undefined) return opened;
  throw new AssayError('run', { where, what: 'the journal of this run is empty', mend: 'Run the audit again.' });
}

/** The state of each cell by its id, and all pictures of the run. */
class States extends Map<string, CellState> {
  readonly pictures: PictureFile[] = [];
}

function statesOf(
  runFolder: string,
  plan: PlanFile['plan'],
  journal: readonly JournalEntry[],
  { samples }: Opened,
): States {
  const states = new States();
  const facts = plan.target === null ? null : factsOf(plan.target);
  const cells = new Map(plan.cells.map((cell) => [cell.id as string, cell]));
  for (const entry of journal) {
    const cell = entry.kind === 'cell-finished' ? cells.get(entry.cell) : undefined;
    if (entry.kind !== 'cell-finished' || cell === undefined) continue;
    if (entry.outcome.kind === 'error') {
      states.set(cell.id, entry.outcome);
      continue;
    }
    try {
      const evidence = readEvidence(evidenceFolder(runFolder, cell), entry.outcome.digest);
      const folder = cellFolderName(cell);
      const drawn = drawPictures(evidence, { facts, labels: plan.target?.labels ?? null, folder, samples });
      states.pictures.push(...drawn.files);
      states.set(cell.id, { kind: 'evidence', data: evidence.data, pictures: drawn.pictures });
    } catch (thrown) {
      states.set(cell.id, { kind: 'error', sentence: messageOf(thrown) });
    }
  }
  return states;
}

/** What the card says of domain and head, as plugins know it. */
function factsOf({ domain, head }: TargetCard): TargetFacts {
  const { shape, mean, std } = domain;
  const range = domain.range ?? [0, 1];
  const kind = domain.kind === 'image' ? 'image' : 'tabular';
  const layout = domain.layout === 'NHWC' ? 'NHWC' : 'NCHW';
  return {
    domain: kind === 'image' ? { kind, layout, shape, range, mean, std } : { kind, shape, range, mean, std },
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
