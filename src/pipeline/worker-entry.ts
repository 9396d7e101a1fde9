// The process that touches models: one task, then it ends. Started by worker.ts.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { builtinExplaining, builtinPlugins } from '#builtin';
import { AssayError, messageOf } from '#base/errors';
import { peakMemoryMiB } from '#base/peak-memory';
import { loadPlugins } from '#plugin/load';
import { createRegistry, type Registry } from '#plugin/registry';
import type { StepValue } from '#plugin/plugin';
import { describeInWorker } from './explaining/describe-task.js';
import { explainInWorker } from './explaining/task.js';
import {
  toWire,
  type Grant,
  type ParentMessage,
  type Task,
  type TaskResult,
  type WorkerMessage,
} from './worker-protocol.js';
import { perform, type TaskPort } from './worker-task.js';

/** Progress is for people: ten times a second is enough. */
const PROGRESS_EVERY_MS = 100;

// A Ctrl-C on the terminal reaches the whole group; the parent decides what it means.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
// What a plugin lets slip past its promises ends the task, in words.
process.on('uncaughtException', fail);

const calls = new Map<number, (value: StepValue | null) => void>();

process.on('message', (message: ParentMessage) => {
  if (message.kind === 'begin') void serve(message.task);
  else calls.get(message.call)?.(message.value);
});

async function serve(task: Task): Promise<void> {
  try {
    await watch(Number(process.argv[2]));
    const result = await resultOf(task);
    // The parent ends this process once it has the result.
    send({ kind: 'done', result, peakMiB: Math.round(peakMemoryMiB()) });
  } catch (thrown) {
    fail(thrown);
  }
}

async function resultOf(task: Task): Promise<TaskResult> {
  if (task.kind === 'explain') return explainInWorker(task, builtinExplaining, port());
  if (task.kind === 'describe') return describeInWorker(task, builtinExplaining, port());
  return perform(task, await registryFor(task), port());
}

async function watch(memoryMiB: number): Promise<void> {
  const watchdog = new Worker(new URL('./watchdog.js', import.meta.url), {
    workerData: { memoryMiB, parent: process.ppid },
  });
  await once(watchdog, 'online');
  watchdog.unref();
}

async function registryFor(task: Exclude<Task, { readonly kind: 'explain' | 'describe' }>): Promise<Registry> {
  const others = task.kind === 'cell' ? await loadPlugins(task.plugins.modules, { from: task.plugins.from }) : [];
  return createRegistry([...builtinPlugins, ...others]);
}

function port(): TaskPort {
  let shown = -Infinity;
  return {
    progress(done, total) {
      if (done < total && performance.now() - shown < PROGRESS_EVERY_MS) return;
      shown = performance.now();
      send({ kind: 'progress', done, total });
    },
    recall: (name) => ask((call) => ({ kind: 'recall', call, name })),
    async reserve(rows) {
      const answer = await ask((call) => ({ kind: 'reserve', call, rows }));
      return answer?.json as unknown as Grant;
    },
    keep: async (name, value) => {
      await ask((call) => ({ kind: 'keep', call, name, value }));
    },
  };
}

let lastCall = 0;

function ask(message: (call: number) => WorkerMessage): Promise<StepValue | null> {
  const call = ++lastCall;
  return new Promise((resolve) => {
    calls.set(call, (value) => {
      calls.delete(call);
      resolve(value);
    });
    send(message(call));
  });
}

function fail(thrown: unknown): void {
  const error = thrown instanceof AssayError ? thrown : new AssayError('worker', { what: messageOf(thrown) });
  send({ kind: 'failed', error: toWire(error) });
}

function send(message: WorkerMessage): void {
  // A parent that is gone hears nothing; `disconnect` ends this process then.
  process.send?.(message, () => undefined);
}
