import type { Digest } from '#base/digest';
import type { AssayErrorCode, AssayErrorParts } from '#base/errors';
import { AssayError } from '#base/errors';
import type { Resources } from '#engine/index';
import type { TargetCard } from '#report/report';
import type { Cell, RunInputs, TargetInput } from './types.js';

/** Opens the target and says what it is. */
export interface InspectTask {
  readonly kind: 'inspect';
  readonly target: TargetInput;
  readonly resources: Resources;
}

/** Runs one cell and writes its evidence. */
export interface CellTask {
  readonly kind: 'cell';
  readonly cell: Cell;
  readonly inputs: RunInputs;
  /** Modules with plugins of others, and the file that names them. */
  readonly plugins: { readonly modules: readonly string[]; readonly from: string };
  readonly seed: number | string;
  readonly keep: number;
  readonly resources: Resources;
  /** Where evidence and checkpoints of this cell lie. */
  readonly folder: string;
}

export type Task = InspectTask | CellTask;

export type TaskResult =
  { readonly kind: 'inspected'; readonly card: TargetCard } | { readonly kind: 'evidence'; readonly digest: Digest };

/** What a worker says to its parent. */
export type WorkerMessage =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'done'; readonly result: TaskResult; readonly peakMiB: number }
  | { readonly kind: 'failed'; readonly error: WireError };

/** An AssayError as a message. */
export interface WireError {
  readonly code: AssayErrorCode;
  readonly parts: Pick<AssayErrorParts, 'what'> & { readonly where?: string; readonly mend?: string };
}

export function fromWire({ code, parts }: WireError): AssayError {
  return new AssayError(code, parts);
}
