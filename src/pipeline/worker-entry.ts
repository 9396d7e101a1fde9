// The process that touches models: one task, then it ends. Started by worker.ts.
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { builtinPlugins } from '#builtin';
import { AssayError, messageOf } from '#base/errors';
import { loadPlugins } from '#plugin/load';
import { createRegistry } from '#plugin/registry';
import type { Task, WireError, WorkerMessage } from './worker-protocol.js';
import { perform } from './worker-task.js';

const WATCH_EVERY_MS = 50;

if (isMainThread) serve();
else watch(workerData as number);

function serve(): void {
  // Threads share the process: the watchdog measures what the task uses, while the task keeps this thread busy.
  const watchdog = new Worker(fileURLToPath(import.meta.url), { workerData: Number(process.argv[2]) });
  watchdog.unref();
  // A Ctrl-C on the terminal reaches the whole group; the parent decides what it means.
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => process.exit());
  process.once('message', (task: Task) => {
    void answer(task).then((message) => process.send?.(message, () => process.exit()));
  });
}

function watch(memoryMiB: number): void {
  setInterval(() => {
    if (process.memoryUsage.rss() > memoryMiB * 2 ** 20) end();
  }, WATCH_EVERY_MS);
}

/** Ends the whole process; `process.exit` in a thread would end the thread alone. */
function end(): void {
  process.kill(process.pid, 'SIGABRT');
}

async function answer(task: Task): Promise<WorkerMessage> {
  try {
    const others = task.kind === 'cell' ? await loadPlugins(task.plugins.modules, { from: task.plugins.from }) : [];
    const registry = createRegistry([...builtinPlugins, ...others]);
    const result = await perform(task, registry, (done, total) => process.send?.({ kind: 'progress', done, total }));
    return { kind: 'done', result, peakMiB: Math.round(process.resourceUsage().maxRSS / 1024) };
  } catch (thrown) {
    return { kind: 'failed', error: wire(thrown) };
  }
}

function wire(thrown: unknown): WireError {
  if (!(thrown instanceof AssayError)) return { code: 'run', parts: { what: messageOf(thrown) } };
  const { code, what, where, mend } = thrown;
  return { code, parts: { what, ...(where === undefined ? {} : { where }), ...(mend === undefined ? {} : { mend }) } };
}
