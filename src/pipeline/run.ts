import { messageOf } from '#base/errors';
import { usedUp } from '#target/black-box/purse';
import { keepBaseline } from './baseline/kept.js';
import { checkpointsIn } from './checkpoints.js';
import { readEvidence } from './evidence-store.js';
import { EXIT, strongestOf, type ExitCode } from './exit-codes.js';
import { releaseInputs } from './inputs.js';
import { Journal } from './journal.js';
import { judgeFolder } from './judge.js';
import { lockFolder } from './lock.js';
import { openedEntry, openFolder, underWay, type OpenFolder } from './opening.js';
import { sideBySide } from './pool.js';
import { reportInput, writeProjections, writeReport } from './render.js';
import { queryLedger, type QueryLedger } from './queries.js';
import { evidenceFolder } from './run-folder.js';
import { runCell } from './run-cell.js';
import { largestEvidence } from './size.js';
import type { JournalEntry } from './records.js';
import type { Cell, PlannedRun, RunEvent, RunOptions, RunResult } from './types.js';

/**
 * Runs the cells of a plan, each in a worker process, judges them and writes the report. Whatever was finished before
 * a kill or an interruption is kept, and `resume` goes on from there to the same report. A plan is run once: the files of
 * its samples are closed at the end.
 *
 * @throws AssayError `output` when the folder cannot be made, `usage` when it is in use or of another plan;
 *   `interrupted` and `run`, both with the command that goes on, once the run is under way
 */
export async function executeRun(planned: PlannedRun, options: RunOptions): Promise<RunResult> {
  try {
    return await executeIn(openFolder(planned, options), planned, options);
  } finally {
    releaseInputs(planned.inputs);
  }
}

async function executeIn(
  { folder, resumed }: OpenFolder,
  planned: PlannedRun,
  options: RunOptions,
): Promise<RunResult> {
  const lock = lockFolder(folder);
  try {
    const journal = Journal.open(folder);
    try {
      return await new Run(planned, options, folder, journal).execute(resumed);
    } finally {
      journal.close();
    }
  } catch (thrown) {
    throw underWay(thrown, folder, planned);
  } finally {
    lock.release();
  }
}

class Run {
  /** What went wrong beside the verdicts. */
  readonly #codes: ExitCode[] = [];

  constructor(
    private readonly planned: PlannedRun,
    private readonly options: RunOptions,
    private readonly folder: string,
    private readonly journal: Journal,
  ) {}

  async execute(resumed: boolean): Promise<RunResult> {
    const { plan } = this.planned;
    const before = this.journal.entries;
    const { baseline } = this.planned.loaded;
    if (baseline !== null) keepBaseline(this.folder, baseline);
    this.journal.append(openedEntry(this.planned, before, this.options.today));
    const evidenceBytes = largestEvidence(this.planned);
    this.#emit({ kind: 'run-started', folder: this.folder, plan, resumed, evidenceBytes });
    const running = plan.cells.filter(({ fate }) => fate.kind === 'run');
    const left = running.filter((cell) => !this.#isKept(cell, before));
    const ledger = this.#openLedger();
    await sideBySide(left, this.#width(), this.options.signal, (cell, signal) =>
      this.#run(cell, running.indexOf(cell) + 1, signal, ledger),
    );
    return this.#conclude();
  }

  /** Null for targets that nobody else answers for. */
  #openLedger(): QueryLedger | null {
    const { asked, loaded } = this.planned;
    if (asked === undefined) return null;
    const ledger = queryLedger(this.folder, loaded.config.target?.budget);
    if (asked.countedIn === this.folder || ledger.take(asked.rows, 'planning')) return ledger;
    throw usedUp(asked.rows, ledger.left() ?? 0, loaded.config.target?.budget ?? Infinity);
  }

  /** An endpoint's limits, and a budget, are for all cells together: these are asked one after another. */
  #width(): number {
    const { config } = this.planned.loaded;
    const isShared = config.target?.url !== undefined || config.target?.budget !== undefined;
    return isShared ? 1 : config.execution.workers;
  }

  /** Whether the evidence of a cell is on disk, whole. What ended in an error is tried again. */
  #isKept(cell: Cell, before: readonly JournalEntry[]): boolean {
    const end = before.findLast((entry) => entry.kind === 'cell-finished' && entry.cell === cell.id);
    if (end?.kind !== 'cell-finished' || end.outcome.kind !== 'evidence') return false;
    const folder = evidenceFolder(this.folder, cell);
    try {
      readEvidence(folder, end.outcome.digest);
    } catch (thrown) {
      this.#warn(`${cell.audit} runs again, for its evidence is not whole: ${messageOf(thrown)}`);
      return false;
    }
    checkpointsIn(folder).remove();
    this.#emit({ kind: 'cell-finished', cell, outcome: end.outcome, seconds: end.seconds });
    return true;
  }

  async #run(cell: Cell, position: number, signal: AbortSignal, ledger: QueryLedger | null): Promise<void> {
    const folder = evidenceFolder(this.folder, cell);
    this.journal.append({ kind: 'cell-started', at: now(), cell: cell.id });
    this.#emit({ kind: 'cell-started', cell, position });
    const start = performance.now();
    const onProgress = (done: number, total: number): void => {
      this.#emit({ kind: 'cell-progress', cell, done, total });
    };
    const { outcome, ...measured } = await runCell(this.planned, cell, folder, signal, onProgress, ledger);
    const seconds = Math.round(performance.now() - start) / 1000;
    this.journal.append({ kind: 'cell-finished', at: now(), cell: cell.id, outcome, seconds, ...measured });
    if (outcome.kind === 'evidence') checkpointsIn(folder).remove();
    this.#emit({ kind: 'cell-finished', cell, outcome, seconds });
  }

  /** From here on only what is on disk counts, so that a resumed run ends as one that was never stopped. */
  async #conclude(): Promise<RunResult> {
    const judged = judgeFolder(this.folder, this.planned.registry);
    const { report, timings } = judged;
    const written = writeReport(this.folder, judged);
    const input = reportInput(this.folder, report, timings);
    const { files: projections, failures } = await writeProjections(this.folder, this.options.reporters, input);
    for (const { message } of failures) this.#warn(message);
    this.journal.append({ kind: 'finished', at: now() });
    const files = [...written, ...projections];
    this.#emit({ kind: 'report-written', files });
    const exitCode = strongestOf([report.gate.exitCode, ...this.#codes]);
    return { folder: this.folder, report, timings, exitCode, files };
  }

  #warn(sentence: string): void {
    this.#codes.push(EXIT.undecided);
    this.#emit({ kind: 'warning', sentence });
  }

  /** A listener that throws never ends a run; that it did is not hidden either. */
  #emit(event: RunEvent): void {
    try {
      this.options.on(event);
    } catch {
      this.#codes.push(EXIT.undecided);
    }
  }
}

function now(): string {
  return new Date().toISOString();
}
