import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { AssayError, errnoOf } from '#base/errors';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
  /** Every line of both streams as it comes. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly output: string;
}

/**
 * Runs a program to its end; it ends with this process, and with the signal.
 *
 * @throws AssayError `interrupted` by the signal; what the system says where the program cannot be started
 */
export async function runProgram({ command, args, cwd, env, onLine, signal }: Program): Promise<Ended> {
  refuseStopped(signal);
  const child = spawn(command, args, {
    cwd,
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: a program may be a script that starts another, and both have to end.
    detached: true,
  });
  const stop = () => killGroup(child.pid);
  signal?.addEventListener('abort', stop);
  process.once('exit', stop);
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      onLine?.(line);
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  process.off('exit', stop);
  signal?.removeEventListener('abort', stop);
  refuseStopped(signal);
  if (failure !== undefined) throw failure;
  return { code, output: lines.join('\n') };
}

/** @throws AssayError `interrupted` */
export function refuseStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new AssayError('interrupted', { what: 'the setup was stopped', mend: 'Nothing was installed.' });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGTERM');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
