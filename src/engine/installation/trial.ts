import { fork } from 'node:child_process';
import { AssayError } from '#base/errors';

/** What a process says that tries something. */
export type TrialMessage<T> = ({ readonly kind: 'works' } & T) | { readonly kind: 'fails'; readonly sentence: string };

export interface Trial {
  /** The program that the process runs; it sends one message. */
  readonly entry: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

export interface TrialAnswer<T> {
  readonly message: TrialMessage<T>;
  /** The end of what it wrote to stderr. */
  readonly lastWords: string;
}

const LAST_WORDS = 4000;

/**
 * Tries something in a process of its own, which may die or hang: native code that does not fit the machine does.
 *
 * @throws AssayError `interrupted` by the signal
 */
export function tryInProcess<T>({ entry, args, timeoutMs, env, signal }: Trial): Promise<TrialAnswer<T>> {
  return new Promise((resolve, reject) => {
    const child = fork(entry, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      ...(env === undefined ? {} : { env: { ...env } }),
      // Those of the parent, such as --inspect, are not meant for it.
      execArgv: [],
    });
    let lastWords = '';
    let message: TrialMessage<T> | undefined;
    let isLate = false;
    const stop = (): void => void child.kill('SIGKILL');
    const timer = setTimeout(() => {
      isLate = true;
      stop();
    }, timeoutMs);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (lastWords = (lastWords + text).slice(-LAST_WORDS)));
    // A driver that hangs at the end of the process has answered all the same.
    child.once('message', (answer) => {
      message = answer as TrialMessage<T>;
      stop();
    });
    child.once('error', (error) => (message ??= { kind: 'fails', sentence: error.message }));
    child.once('close', (code, signalName) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      if (message === undefined && signal?.aborted === true) reject(interrupted());
      else resolve({ message: message ?? silent(code, signalName, isLate ? timeoutMs : null), lastWords });
    });
  });
}

function silent(code: number | null, signal: string | null, lateAfter: number | null): TrialMessage<never> {
  if (lateAfter !== null) return { kind: 'fails', sentence: `it gave no answer within ${lateAfter / 1000} s` };
  return { kind: 'fails', sentence: `the process that tried it died (${signal ?? `exit code ${code ?? 'unknown'}`})` };
}

function interrupted(): AssayError {
  return new AssayError('interrupted', { what: 'the run was interrupted' });
}
