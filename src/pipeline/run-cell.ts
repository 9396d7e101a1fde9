import type { Digest } from '#base/digest';
import { AssayError, errnoOf, messageOf } from '#base/errors';
import type { Plugin } from '#plugin/plugin';
import type { Traffic } from '#report/report';
import { checkpointsIn } from './checkpoints.js';
import { writeEvidence } from './evidence-store.js';
import type { QueryLedger } from './queries.js';
import type { CellTask, Grant } from './worker-protocol.js';
import type { Cell, CellOutcome, PlannedRun } from './types.js';
import { runInWorker, type WorkerDone } from './worker.js';

export interface CellEnd {
  readonly outcome: CellOutcome;
  readonly peakMiB: number | null;
  readonly traffic?: Traffic;
}

/**
 * Runs one cell in a worker process and writes its evidence into its folder. What the cell does wrong (it throws, dies,
 * needs too much memory or time) is its outcome, in one sentence, and no error of the run.
 *
 * @throws AssayError `interrupted` by the signal, `output` when the disk refuses
 */
export async function runCell(
  planned: PlannedRun,
  cell: Cell,
  folder: string,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
  ledger: QueryLedger | null = null,
): Promise<CellEnd> {
  const { memoryMiB, cellMinutes } = planned.loaded.config.execution;
  const minutes = cellMinutes ?? minutesOf(planned.registry.get(cell.audit));
  let peakMiB: number | null = null;
  try {
    const checkpoints = checkpointsIn(folder);
    const reserve = ledger === null ? undefined : (rows: number) => grantOf(ledger, rows, cell);
    const options = { memoryMiB, minutes, signal, onProgress, checkpoints, reserve };
    const done = await runInWorker(taskOf(planned, cell), options);
    peakMiB = done.peakMiB;
    const outcome = { kind: 'evidence', digest: keep(done, planned, cell, folder) } as const;
    const { traffic } = done.result.kind === 'evidence' ? done.result : {};
    return { outcome, peakMiB, ...(traffic === undefined ? {} : { traffic }) };
  } catch (thrown) {
    if (!isOutcome(thrown)) throw thrown;
    const kind = thrown.code === 'budget' ? 'inconclusive' : 'error';
    return { outcome: { kind, sentence: sentenceOf(cell, thrown) }, peakMiB };
  }
}

/** Time limits of cells where the config sets none. */
const MINUTES = 60;
const TRAINING_MINUTES = 24 * 60;

function minutesOf({ needs }: Plugin): number {
  return needs.includes('training') ? TRAINING_MINUTES : MINUTES;
}

function grantOf(ledger: QueryLedger, rows: number, { id }: Cell): Grant {
  const granted = ledger.take(rows, id);
  return { granted, left: ledger.left() ?? 0 };
}

function taskOf({ plan, loaded, inputs, registry, files }: PlannedRun, cell: Cell): CellTask {
  const { execution, plugins, keep } = loaded.config;
  const { threads, batchSize } = execution;
  const reads = (need: Cell['data'][number]): boolean => cell.data.includes(need);
  return {
    kind: 'cell',
    cell,
    inputs: {
      target: registry.get(cell.audit).needs.length > 0 ? inputs.target : null,
      test: reads('test') ? inputs.test : null,
      train: reads('train') ? inputs.train : null,
      table: reads('table') ? inputs.table : null,
      population: reads('population') ? inputs.population : null,
    },
    files: files?.get(cell.id) ?? {},
    plugins: { modules: plugins, from: loaded.file },
    seed: plan.seed,
    keep,
    resources: { threads, batchSize },
  };
}

function keep({ result }: WorkerDone, { plan, loaded }: PlannedRun, cell: Cell, folder: string): Digest {
  if (result.kind !== 'evidence') throw new AssayError('worker', { what: 'the worker process gave no evidence' });
  const options = { keep: loaded.config.keep, key: `${plan.seed}/${cell.audit}` };
  try {
    return writeEvidence(folder, cell, result.evidence, options);
  } catch (cause) {
    if (cause instanceof AssayError || errnoOf(cause) !== undefined) throw cause;
    throw new AssayError('plugin', { what: `the evidence has not the shape of evidence: ${messageOf(cause)}`, cause });
  }
}

/** Not the cell's doing: the caller's wish, and the disk. */
function isOutcome(thrown: unknown): thrown is AssayError {
  return thrown instanceof AssayError && thrown.code !== 'interrupted' && thrown.code !== 'output';
}

function sentenceOf(cell: Cell, { message }: AssayError): string {
  return `The cell ${cell.audit} (${cell.id.slice(0, 12)}) has no evidence: ${message}`;
}
