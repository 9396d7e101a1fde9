import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { AssayError } from '#base/errors';
import { packageRoot } from '#base/package-root';
import type { Checkpoints } from './checkpoints.js';
import { handOver } from './hand-over.js';
import {
  fromWire,
  OUT_OF_MEMORY_SIGNAL,
  type Grant,
  type ParentMessage,
  type Task,
  type TaskResult,
  type WorkerMessage,
} from './worker-protocol.js';

export interface WorkerLimits {
  readonly memoryMiB: number;
  readonly minutes: number;
}

export interface WorkerOptions extends WorkerLimits {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
  /** Where the steps of the task are kept; without it none are. */
  readonly checkpoints?: Pick<Checkpoints, 'recall' | 'keep'>;
  /** Counts rows that an endpoint or module is asked for, before it is; without it all are granted. */
  readonly reserve?: ((rows: number) => Grant) | undefined;
  /** The program that the process runs. */
  readonly entry?: string;
}

export interface WorkerDone {
  readonly result: TaskResult;
  readonly peakMiB: number;
}

/** Enough of what a process said last to tell why it died. */
const LAST_WORDS = 8192;

/**
 * Runs a task in a process of its own: whatever a model does to the native library, it does not do it here. The
 * process is gone when this settles.
 *
 * @throws AssayError as the task threw it; `worker` when the process ran out of memory or time, or died;
 *   `interrupted` when the signal was given; whatever keeping a checkpoint threw
 */
export function runInWorker(task: Task, options: WorkerOptions): Promise<WorkerDone> {
  if (options.signal?.aborted === true) return Promise.reject(interrupted());
  return new Promise((resolve, reject) => {
    const handed = handOver(task);
    const child = start(options, handed.descriptors);
    handed.close();
    let settle: (() => void) | null = null;
    /** The first thing that happens decides; it is said when the process has ended. */
    const end = (how: () => void): void => {
      settle ??= how;
      child.kill('SIGKILL');
    };
    const fail = (error: Error): void => {
      end(() => {
        reject(error);
      });
    };
    const release = watchLimits(options, fail);
    const lastWords = collect(child);
    child.on('message', (message: WorkerMessage) => {
      try {
        listen(message, child, options, (done) => {
          end(() => {
            resolve(done);
          });
        });
      } catch (thrown) {
        fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
      }
    });
    child.on('error', (cause) => {
      fail(new AssayError('worker', { what: `the worker process could not be started: ${cause.message}`, cause }));
      if (child.pid === undefined) settled();
    });
    // Everything that it said has been heard, and it is gone.
    child.on('close', (code, signal) => {
      settle ??= () => {
        reject(died(code, signal, lastWords(), options));
      };
      settled();
    });
    const settled = (): void => {
      release();
      settle?.();
    };
    post(child, { kind: 'begin', task: handed.task });
  });
}

function start({ memoryMiB, entry }: WorkerOptions, descriptors: readonly number[]): ChildProcess {
  return fork(entry ?? join(packageRoot(), 'dist/src/pipeline/worker-entry.js'), [String(memoryMiB)], {
    serialization: 'advanced',
    // Those of the parent, such as --inspect, are not meant for it.
    execArgv: [`--max-old-space-size=${memoryMiB}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', ...descriptors],
  });
}

/** What a process that is gone is told goes nowhere, and its end is noticed anyway. */
function post(child: ChildProcess, message: ParentMessage): void {
  if (child.connected) child.send(message, () => undefined);
}

function listen(
  message: WorkerMessage,
  child: ChildProcess,
  { checkpoints, onProgress, memoryMiB, reserve = () => ({ granted: true, left: 0 }) }: WorkerOptions,
  done: (result: WorkerDone) => void,
): void {
  switch (message.kind) {
    case 'progress':
      onProgress?.(message.done, message.total);
      break;
    case 'recall':
      post(child, { kind: 'answer', call: message.call, value: checkpoints?.recall(message.name) ?? null });
      break;
    case 'keep':
      checkpoints?.keep(message.name, message.value);
      post(child, { kind: 'answer', call: message.call, value: null });
      break;
    case 'reserve':
      post(child, { kind: 'answer', call: message.call, value: { json: { ...reserve(message.rows) }, arrays: {} } });
      break;
    case 'done':
      done(message);
      break;
    case 'failed': {
      const error = fromWire(message.error);
      throw error.code === 'worker' && isAllocationFailure(error.what) ? outOfMemory(memoryMiB) : error;
    }
  }
}

/** Ends the task when its time is up or the caller wants it to; gives what takes both watches off. */
function watchLimits({ signal, minutes }: WorkerOptions, fail: (error: AssayError) => void): () => void {
  const stop = (): void => {
    fail(interrupted());
  };
  const timer = setTimeout(
    () => {
      fail(tooSlow(minutes));
    },
    Math.min(minutes * 60_000, LONGEST_TIMER_MS),
  );
  signal?.addEventListener('abort', stop, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  };
}

function collect(child: ChildProcess): () => string {
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-LAST_WORDS);
  });
  return () => words;
}

/** 25 days: a longer timer would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Signals that a person or a system sends to a whole group of processes. */
const STOP_SIGNALS: readonly (string | null)[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function died(
  code: number | null,
  signal: NodeJS.Signals | null,
  lastWords: string,
  { memoryMiB }: WorkerLimits,
): AssayError {
  if (signal === OUT_OF_MEMORY_SIGNAL || isAllocationFailure(lastWords)) return outOfMemory(memoryMiB);
  if (STOP_SIGNALS.includes(signal)) return interrupted();
  if (signal === 'SIGKILL') {
    return new AssayError('worker', {
      what: 'the worker process was killed from outside, as a system does that runs out of memory',
      mend: 'Lower `execution.workers` or `execution.memoryMiB` below what this machine has.',
    });
  }
  return new AssayError('worker', {
    what: `the worker process died (${signal ?? `exit code ${code ?? 'unknown'}`})`,
    mend: 'If it dies again, the model breaks the native library that executes it.',
  });
}

/** How V8, Node and the C++ library say that there is no memory left. */
function isAllocationFailure(text: string): boolean {
  return /heap out of memory|Array buffer allocation failed|bad_alloc|bad allocation|Failed to allocate memory/i.test(
    text,
  );
}

function outOfMemory(memoryMiB: number): AssayError {
  return new AssayError('worker', {
    what: `the worker process needed more than its limit of ${memoryMiB} MiB of memory`,
    mend: 'Raise `execution.memoryMiB`, or lower `execution.batchSize`.',
  });
}

function tooSlow(minutes: number): AssayError {
  return new AssayError('worker', {
    what: `the worker process took longer than its limit of ${minutes} minutes`,
    mend: 'Raise `execution.cellMinutes`, or audit fewer samples.',
  });
}

function interrupted(): AssayError {
  return new AssayError('interrupted', { what: 'the run was interrupted' });
}
