// A thread beside the task, which may keep the main thread busy for minutes. Started by worker-entry.ts.
import { workerData } from 'node:worker_threads';
import { OUT_OF_MEMORY_SIGNAL } from './worker-protocol.js';

const EVERY_MS = 50;

const { memoryMiB, parent } = workerData as { readonly memoryMiB: number; readonly parent: number };

setInterval(() => {
  // Threads share the process: this is what the task uses, the native library's memory included.
  if (process.memoryUsage.rss() > memoryMiB * 2 ** 20) end(OUT_OF_MEMORY_SIGNAL);
  // Whoever wanted the result is gone.
  if (process.ppid !== parent) end('SIGKILL');
}, EVERY_MS);

/** Ends the whole process at once: `process.exit` in a thread would end the thread alone. */
function end(signal: NodeJS.Signals): void {
  try {
    process.kill(process.pid, signal);
  } catch {
    // Windows knows few signals.
    process.kill(process.pid, 'SIGKILL');
  }
}
