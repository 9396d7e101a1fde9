import { AssayError, type AssayErrorCode } from '#base/errors';
import type { StoredSamples } from '#data/streams/stored-samples';
import type { Resources } from '#engine/index';
import type { Evidence, StepValue } from '#plugin/plugin';
import type { TargetCard, Traffic } from '#report/report';
import type { DescribeTask } from './explaining/describe-task.js';
import type { ExplainTask } from './explaining/task.js';
import type { NamedFiles } from './named-files.js';
import type { Cell, RunInputs, TargetInput } from './types.js';

/** Opens the target, tries it on clean data and says what it is. */
export interface InspectTask {
  readonly kind: 'inspect';
  readonly target: TargetInput;
  /** The test samples; null where there are none. */
  readonly test: StoredSamples | null;
  readonly resources: Resources;
}

/** Asks the target for the scores of inputs. */
export interface PredictTask {
  readonly kind: 'predict';
  readonly target: TargetInput;
  readonly inputs: StoredSamples;
  readonly resources: Resources;
}

/**
 * Runs one cell. Everything comes as values, or as files without a name that the worker inherits: it opens no file of the
 * audit and writes none.
 */
export interface CellTask {
  readonly kind: 'cell';
  readonly cell: Cell;
  /** What the cell reads; the rest is null. */
  readonly inputs: RunInputs;
  /** Files that the options name; absent where they name none. */
  readonly files?: NamedFiles;
  /** Modules with plugins of others, and the file that names them. */
  readonly plugins: { readonly modules: readonly string[]; readonly from: string };
  readonly seed: number | string;
  readonly keep: number;
  readonly resources: Resources;
}

export type Task = InspectTask | PredictTask | CellTask | ExplainTask | DescribeTask;

export type TaskResult =
  | { readonly kind: 'inspected'; readonly card: TargetCard }
  /** [n, width] */
  | { readonly kind: 'predicted'; readonly scores: Float32Array }
  | { readonly kind: 'evidence'; readonly evidence: Evidence<unknown>; readonly traffic?: Traffic }
  /** What there is to see was kept while the task went on. */
  | { readonly kind: 'explained' };

/** Whether rows may be asked for; if not, how many of the budget are left. */
export interface Grant {
  readonly granted: boolean;
  readonly left: number;
}

/** What a worker says to its parent. */
export type WorkerMessage =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  /** Asks for a checkpoint, or to keep one; the parent answers with the same number. */
  | { readonly kind: 'recall'; readonly call: number; readonly name: string }
  | { readonly kind: 'keep'; readonly call: number; readonly name: string; readonly value: StepValue }
  /** Asks whether so many rows may be asked of an endpoint or module; the answer's JSON is a {@link Grant}. */
  | { readonly kind: 'reserve'; readonly call: number; readonly rows: number }
  | { readonly kind: 'done'; readonly result: TaskResult; readonly peakMiB: number }
  | { readonly kind: 'failed'; readonly error: WireError };

/** What a parent says to its worker. */
export type ParentMessage =
  | { readonly kind: 'begin'; readonly task: Task }
  | { readonly kind: 'answer'; readonly call: number; readonly value: StepValue | null };

/** An AssayError as a message. */
export interface WireError {
  readonly code: AssayErrorCode;
  readonly what: string;
  readonly where: string | undefined;
  readonly mend: string | undefined;
}

export function toWire({ code, what, where, mend }: AssayError): WireError {
  return { code, what, where, mend };
}

export function fromWire({ code, what, where, mend }: WireError): AssayError {
  return new AssayError(code, {
    what,
    ...(where === undefined ? {} : { where }),
    ...(mend === undefined ? {} : { mend }),
  });
}

/** The signal by which a worker ends itself when it needs too much memory; nothing else uses it. */
export const OUT_OF_MEMORY_SIGNAL = 'SIGUSR2';
