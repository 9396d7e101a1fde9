import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { AssayError } from '#base/errors';
import { formatDuration } from '#reports/format';
import { packageRoot } from '#base/package-root';
import type { HostAnswer, HostWork } from './host-protocol.js';

type Work = keyof HostWork;
type Request<Kind extends Work> = HostWork[Kind]['request'];
type Answer<Kind extends Work> = HostWork[Kind]['answer'];

/** The longest time that a timer of Node can wait for, in milliseconds. */
export const LONGEST = 2 ** 31 - 1;
/** Until a config has to be read. */
const LISTING = 120_000;
const MOST_BYTES = 2 ** 28;

/**
 * Has a process outside of the test's context do something, and ends it after `timeout` milliseconds.
 *
 * @throws AssayError what the process found wrong; `worker` when it died or took too long
 */
export async function askHost<Kind extends Work>(
  request: Request<Kind>,
  timeout: number = LONGEST,
): Promise<Answer<Kind>> {
  return understood(await messageOf<Answer<Kind>>(request, timeout));
}

/** The same for what has to be known at once, while the test file is read. */
export function askHostNow<Kind extends Work>(request: Request<Kind>): Answer<Kind> {
  const { output, stderr, status, signal, error } = spawnSync(process.execPath, [program()], {
    input: JSON.stringify(request),
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: LISTING,
    killSignal: 'SIGKILL',
    maxBuffer: MOST_BYTES,
  });
  // Typed as if there were only the three usual streams.
  const said = (output as readonly (string | null)[] | null)?.[3] ?? '';
  if (said === '') {
    const late = error !== undefined && 'code' in error && error.code === 'ETIMEDOUT';
    throw late ? tookLonger(LISTING) : died(status, signal, stderr);
  }
  return understood(JSON.parse(said) as HostAnswer<Answer<Kind>>);
}

function messageOf<T>(request: Request<Work>, timeout: number): Promise<HostAnswer<T>> {
  return new Promise((resolve, reject) => {
    const host = fork(program(), {
      // Those of jest, such as --inspect, are not meant for it.
      execArgv: [],
      serialization: 'json',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // Node's own timer: a test may have replaced the global ones.
      timeout,
      killSignal: 'SIGKILL',
    });
    const errors = lastWords(host);
    host.once('message', (answer) => resolve(answer as HostAnswer<T>));
    host.once('error', reject);
    host.once('close', (code, signal) => reject(host.killed ? tookLonger(timeout) : died(code, signal, errors())));
    host.send(request);
  });
}

/** The end of what a process wrote to its stderr. */
function lastWords(host: ChildProcess): () => string {
  let errors = '';
  host.stderr?.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4000)));
  return () => errors;
}

function understood<T>(answer: HostAnswer<T>): T {
  switch (answer.kind) {
    case 'done':
      return answer.answer;
    case 'refused': {
      const { kind: _, code, ...parts } = answer;
      throw new AssayError(code, parts);
    }
    case 'broken':
      throw new Error(answer.message);
  }
}

function died(code: number | null, signal: NodeJS.Signals | null, errors: string): AssayError {
  const how = signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
  const words = errors.trim();
  return new AssayError('worker', {
    what: `the process that ran the audit ended with ${how}${words === '' ? '' : `: ${words}`}`,
  });
}

function tookLonger(timeout: number): AssayError {
  return new AssayError('worker', {
    what: `the audit took longer than ${formatDuration(timeout / 1000)} and was ended`,
    mend: 'Give it a longer `timeout`, or fewer samples.',
  });
}

function program(): string {
  return join(packageRoot(), 'dist/src/jest/host.js');
}
