import { createRequire } from 'node:module';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { AssayError, messageOf } from '#base/errors';
import { packageVersion } from '#base/package-root';
import { makeFolder, writeAtomically } from './atomic.js';
import { readEvidence } from './evidence-store.js';
import { EXIT, strongestOf, type ExitCode } from './exit-codes.js';
import { Journal } from './journal.js';
import { judgeFolder, type JudgedRun } from './judge.js';
import { lockFolder } from './lock.js';
import { RUN_VERSION, type JournalEntry, type PlanFile } from './records.js';
import { reportInput, writeProjection } from './render.js';
import { checkResumable, createRunFolder, evidenceFolder, findUnfinished } from './run-folder.js';
import type { Cell, CellOutcome, PlannedRun, RunEvent, RunOptions, RunResult } from './types.js';
import { runInWorker } from './worker.js';

/**
 * Runs the cells of a plan, each in a worker process, judges them and writes the report. Whatever was finished before
 * a kill or an interruption is kept, and `resume` goes on from there to the same report.
 *
 * @throws AssayError `interrupted` (with the command that resumes), `output` and `run` when the disk refuses
 */
export async function executeRun(planned: PlannedRun, options: RunOptions): Promise<RunResult> {
  const { folder, resumed } = openFolder(planned, options);
  const lock = lockFolder(folder);
  try {
    const run = new Run(planned, options, folder);
    return await run.execute(resumed);
  } catch (thrown) {
    throw underWay(thrown, folder);
  } finally {
    lock.release();
  }
}

function openFolder(planned: PlannedRun, { resume }: RunOptions): { folder: string; resumed: boolean } {
  const { plan, loaded } = planned;
  const { out } = loaded.config;
  if (resume !== false && resume !== 'latest') return { folder: checkResumable(resume, plan.digest), resumed: true };
  const unfinished = resume === 'latest' ? findUnfinished(out, plan.digest) : null;
  if (unfinished !== null) return { folder: unfinished, resumed: true };
  const file: PlanFile = {
    version: RUN_VERSION,
    tool: { name: 'assay', version: packageVersion() },
    versions: versions(),
    plan: plan as PlanFile['plan'],
  };
  return { folder: createRunFolder(out, file, new Date()), resumed: false };
}

function versions(): Record<string, string> {
  const runtime = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return { assay: packageVersion(), node: process.versions.node, 'onnxruntime-node': runtime.version };
}

/** The run began: a disk that refuses, or an interruption, leaves something that can be resumed. */
function underWay(thrown: unknown, folder: string): unknown {
  if (!(thrown instanceof AssayError)) return thrown;
  const resume = `\`assay audit --resume ${folder}\` goes on where it stopped.`;
  if (thrown.code === 'interrupted') {
    return new AssayError('interrupted', { what: 'the run was interrupted', mend: resume });
  }
  if (thrown.code !== 'output') return thrown;
  const { what, where, cause } = thrown;
  return new AssayError('run', { what, ...(where === undefined ? {} : { where }), mend: resume, cause });
}

class Run {
  readonly #journal: Journal;
  /** Something beside the verdicts went wrong. */
  readonly #codes: ExitCode[] = [];

  constructor(
    private readonly planned: PlannedRun,
    private readonly options: RunOptions,
    private readonly folder: string,
  ) {
    this.#journal = Journal.open(folder);
  }

  async execute(resumed: boolean): Promise<RunResult> {
    const { plan } = this.planned;
    try {
      this.#emit({ kind: 'run-started', folder: this.folder, plan, resumed });
      this.#open();
      const known = this.#journal.entries;
      const waiting = plan.cells.filter((cell) => cell.fate.kind === 'run' && !isDone(this.folder, cell, known));
      await this.#runAll(waiting);
      this.#append({ kind: 'finished', at: now() });
      return this.#write(judgeFolder(this.folder, this.planned.registry));
    } finally {
      this.#journal.close();
    }
  }

  #open(): void {
    const { loaded, command } = this.planned;
    const { config, policy } = loaded;
    const first = this.#journal.entries.find((entry) => entry.kind === 'opened');
    const { workers, batchSize, threads } = config.execution;
    this.#append({
      kind: 'opened',
      at: now(),
      today: first?.today ?? this.options.today ?? now().slice(0, 10),
      policy: { policy: policy.policy, digest: policy.digest },
      configDigest: loaded.digest,
      command,
      samples: config.samples,
      host: {
        platform: `${process.platform} ${process.arch}`,
        cpus: availableParallelism(),
        memoryMiB: Math.round(totalmem() / 2 ** 20),
        node: process.versions.node,
      },
      execution: { workers, batchSize, threads },
    });
  }

  /** `workers` cells side by side; the first interruption or disk error ends all. */
  async #runAll(cells: readonly Cell[]): Promise<void> {
    const queue = [...cells];
    const stop = new AbortController();
    const signal = AbortSignal.any([this.options.signal, stop.signal]);
    const lane = async (): Promise<void> => {
      for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) await this.#runCell(cell, signal);
    };
    const lanes = Array.from({ length: this.planned.loaded.config.execution.workers }, async () => {
      try {
        await lane();
      } catch (thrown) {
        queue.length = 0;
        stop.abort();
        throw thrown;
      }
    });
    const failed = (await Promise.allSettled(lanes)).find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #runCell(cell: Cell, signal: AbortSignal): Promise<void> {
    const position = this.planned.plan.cells.indexOf(cell);
    this.#append({ kind: 'cell-started', at: now(), cell: cell.id });
    this.#emit({ kind: 'cell-started', cell, position });
    const start = performance.now();
    const { outcome, peakMiB } = await this.#outcomeOf(cell, signal);
    const seconds = Math.round(performance.now() - start) / 1000;
    this.#append({ kind: 'cell-finished', at: now(), cell: cell.id, outcome, seconds, peakMiB });
    this.#emit({ kind: 'cell-finished', cell, outcome, seconds });
  }

  async #outcomeOf(cell: Cell, signal: AbortSignal): Promise<{ outcome: CellOutcome; peakMiB: number | null }> {
    const { loaded, inputs, plan } = this.planned;
    const { execution, plugins, keep } = loaded.config;
    const { threads, batchSize, memoryMiB, cellMinutes } = execution;
    try {
      const { result, peakMiB } = await runInWorker(
        {
          kind: 'cell',
          cell,
          inputs,
          plugins: { modules: plugins, from: loaded.file },
          seed: plan.seed,
          keep,
          resources: { threads, batchSize },
          folder: evidenceFolder(this.folder, cell),
        },
        {
          memoryMiB,
          minutes: cellMinutes,
          signal,
          onProgress: (done, total) => {
            this.#emit({ kind: 'cell-progress', cell, done, total });
          },
        },
      );
      if (result.kind === 'evidence') return { outcome: { kind: 'evidence', digest: result.digest }, peakMiB };
      throw new AssayError('worker', { what: 'the worker gave no evidence' });
    } catch (thrown) {
      if (thrown instanceof AssayError && ['interrupted', 'output'].includes(thrown.code)) throw thrown;
      return { outcome: { kind: 'error', sentence: `${cell.audit}: ${messageOf(thrown)}` }, peakMiB: null };
    }
  }

  #write({ report, timings, pictures }: JudgedRun): RunResult {
    const { folder } = this;
    for (const { path, bytes } of pictures) {
      makeFolder(join(folder, path, '..'));
      writeAtomically(join(folder, path), bytes);
    }
    writeAtomically(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
    writeAtomically(join(folder, 'timings.json'), `${JSON.stringify(timings, null, 2)}\n`);
    const input = reportInput(folder, report, timings);
    const files = [join(folder, 'report.json')];
    for (const reporter of this.options.reporters) {
      if (reporter.file === 'report.json') continue;
      try {
        files.push(writeProjection(folder, reporter, input));
      } catch (thrown) {
        if (thrown instanceof AssayError && thrown.code === 'output') throw thrown;
        this.#warn(messageOf(thrown));
      }
    }
    this.#emit({ kind: 'report-written', files });
    const exitCode = strongestOf([report.gate.exitCode, ...this.#codes]);
    return { folder, report, timings, exitCode, files };
  }

  #append(entry: JournalEntry): void {
    this.#journal.append(entry);
  }

  #emit(event: RunEvent): void {
    try {
      this.options.on(event);
    } catch {
      // A listener that throws never ends a run.
      this.#codes.push(EXIT.undecided);
    }
  }

  #warn(sentence: string): void {
    this.#codes.push(EXIT.undecided);
    this.#emit({ kind: 'warning', sentence });
  }
}

function now(): string {
  return new Date().toISOString();
}

/** Whether the evidence of a cell is on disk, whole; an error is tried again. */
function isDone(folder: string, cell: Cell, journal: readonly JournalEntry[]): boolean {
  const last = journal.findLast((entry) => entry.kind === 'cell-finished' && entry.cell === cell.id);
  if (last?.kind !== 'cell-finished' || last.outcome.kind !== 'evidence') return false;
  try {
    readEvidence(evidenceFolder(folder, cell), last.outcome.digest);
    return true;
  } catch {
    return false;
  }
}
