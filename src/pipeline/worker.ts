import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { AssayError } from '#base/errors';
import { packageRoot } from '#base/package-root';
import { fromWire, type Task, type TaskResult, type WorkerMessage } from './worker-protocol.js';

export interface WorkerLimits {
  readonly memoryMiB: number;
  readonly minutes: number;
}

export interface WorkerOptions extends WorkerLimits {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface WorkerDone {
  readonly result: TaskResult;
  readonly peakMiB: number;
}

/**
 * Runs a task in a process of its own: whatever a model does to the native library, it does not do it here.
 *
 * @throws AssayError as the task threw it; `worker` when the process ran out of memory or time, or died;
 *   `interrupted` when the signal was given
 */
export async function runInWorker(task: Task, options: WorkerOptions): Promise<WorkerDone> {
  if (options.signal?.aborted === true) throw interrupted();
  const child = startWorker(options);
  try {
    return await finished(child, task, options);
  } finally {
    child.kill('SIGKILL');
  }
}

function startWorker({ memoryMiB }: WorkerLimits): ChildProcess {
  return fork(join(packageRoot(), 'dist/src/pipeline/worker-entry.js'), [String(memoryMiB)], {
    serialization: 'advanced',
    execArgv: [`--max-old-space-size=${memoryMiB}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // A terminal's Ctrl-C goes to the parent alone, which then ends its workers.
    detached: false,
  });
}

function finished(child: ChildProcess, task: Task, options: WorkerOptions): Promise<WorkerDone> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(tooSlow(options));
    }, options.minutes * 60_000);
    const onAbort = (): void => {
      reject(interrupted());
    };
    options.signal?.addEventListener('abort', onAbort, { once: true });
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
      act();
    };
    child.on('message', (message: WorkerMessage) => {
      if (message.kind === 'progress') options.onProgress?.(message.done, message.total);
      else if (message.kind === 'done')
        settle(() => {
          resolve(message);
        });
      else
        settle(() => {
          reject(fromWire(message.error));
        });
    });
    child.on('error', (cause) => {
      settle(() => {
        reject(new AssayError('worker', { what: 'the worker process could not be started', cause }));
      });
    });
    child.on('exit', (code, signal) => {
      settle(() => {
        reject(died(code, signal, options));
      });
    });
    child.send(task, () => undefined);
  });
}

function died(code: number | null, signal: NodeJS.Signals | null, { memoryMiB }: WorkerLimits): AssayError {
  // By its own watchdog, or by V8.
  const isOutOfMemory = signal === 'SIGABRT' || code === 134;
  return isOutOfMemory
    ? new AssayError('worker', {
        what: `the worker process needed more than ${memoryMiB} MiB of memory`,
        mend: 'Raise `execution.memoryMiB`, or lower `execution.batchSize`.',
      })
    : new AssayError('worker', {
        what: `the worker process died (${signal ?? `exit code ${code ?? 'unknown'}`})`,
        mend: 'Run the audit again with `--resume`; if it dies again, the model breaks the native library.',
      });
}

function tooSlow({ minutes }: WorkerLimits): AssayError {
  return new AssayError('worker', {
    what: `the worker process took longer than ${minutes} minutes`,
    mend: 'Raise `execution.cellMinutes`, or audit fewer samples.',
  });
}

function interrupted(): AssayError {
  return new AssayError('interrupted', { what: 'the run was interrupted' });
}
