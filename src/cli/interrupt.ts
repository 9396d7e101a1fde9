import { EXIT } from '#pipeline/exit-codes';
import { printLine, type Io } from './io.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

const RESUMABLE = 'Stopping where the run can go on later; press Ctrl-C again to stop at once.';

/**
 * Runs something that a person may stop. The first Ctrl-C asks it to stop where it can go on later; the second ends the
 * process at once, which loses at most the chunk of samples under way.
 */
export async function interruptible<T>(
  io: Io,
  work: (signal: AbortSignal) => Promise<T>,
  announcement = RESUMABLE,
): Promise<T> {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    printLine(io.stderr, announcement);
    controller.abort();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}
