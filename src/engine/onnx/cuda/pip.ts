import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { AssayError, errnoOf, messageOf } from '#base/errors';
import type { Environment } from './installation.js';
import { pipTrouble } from './pip-trouble.js';

/** The user's own pip: its indexes, proxies and certificates are theirs to choose. */
export interface Pip {
  /** The Python that has it. */
  readonly python: string;
  readonly env: Environment;
  /** What pip says it does. */
  readonly onLine: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The first that knows the tags `manylinux_2_28` (PEP 600). */
const OLDEST_PIP = [20, 3] as const;

/** One wheel of each package fits, whatever Python the user has: only its libraries are used. */
const WHEEL_TAGS = [
  '--only-binary=:all:',
  '--implementation=cp',
  '--python-version=3.12',
  '--abi=cp312',
  '--abi=none',
  '--platform=manylinux_2_28_x86_64',
  '--platform=manylinux_2_27_x86_64',
  '--platform=manylinux_2_17_x86_64',
  '--platform=manylinux2014_x86_64',
];

/**
 * Downloads the wheels of a requirements file, checks their hashes and unpacks them, all within one folder.
 *
 * @throws AssayError `usage` when there is no Python, no pip or an old one, `setup` or `output` with one sentence when pip
 *   gives up, `interrupted` when it was stopped
 */
export async function unpackWheels(requirements: string, folder: string, pip: Pip): Promise<string> {
  const unpacked = join(folder, 'wheels');
  const args = ['install', '--target', unpacked, '--requirement', requirements, '--require-hashes', '--no-deps'];
  const extra = ['--no-compile', '--no-cache-dir', '--progress-bar=off', ...WHEEL_TAGS];
  const { code, output } = await run(pip, folder, [...args, ...extra], (line) => {
    if (/^\s*(Downloading|Processing|Using cached) |^Installing collected/.test(line)) pip.onLine(line.trim());
  });
  if (code === 0) return unpacked;
  await requirePip(pip, folder);
  throw pipTrouble(output, folder);
}

async function requirePip(pip: Pip, folder: string): Promise<void> {
  const { code, output } = await run(pip, folder, ['--version'], () => undefined);
  const [, major, minor] = (/^pip (\d+)\.(\d+)/m.exec(output) ?? []).map(Number);
  if (code !== 0 || major === undefined || minor === undefined) {
    const why = output.includes('No module named pip') ? 'it is not installed' : lastLine(output);
    throw new AssayError('usage', {
      what: `\`${pip.python} -m pip\` does not run (${why})`,
      mend: 'Install pip for this Python, or name another one with --python.',
    });
  }
  if (major > OLDEST_PIP[0] || (major === OLDEST_PIP[0] && minor >= OLDEST_PIP[1])) return;
  throw new AssayError('usage', {
    what: `pip ${major}.${minor} is too old to read the names of these wheels`,
    mend: `Install pip ${OLDEST_PIP.join('.')} or newer, or name another Python with --python.`,
  });
}

/** @throws AssayError `interrupted` */
export function refuseStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new AssayError('interrupted', { what: 'the setup was stopped', mend: 'Nothing was installed.' });
}

interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly output: string;
}

async function run(pip: Pip, folder: string, args: readonly string[], onLine: (line: string) => void): Promise<Ended> {
  refuseStopped(pip.signal);
  const temporary = join(folder, 'pip');
  mkdirSync(temporary, { recursive: true });
  const child = spawn(pip.python, ['-m', 'pip', ...args], {
    // Python takes modules from where it is started: never from the user's project.
    cwd: temporary,
    env: { ...pip.env, ...settings(temporary) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: a Python may be a script that starts another, and both have to end.
    detached: true,
  });
  const stop = () => killGroup(child.pid);
  pip.signal?.addEventListener('abort', stop);
  process.once('exit', stop);
  let failure: unknown;
  child.once('error', (error) => (failure = error));
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      onLine(line);
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  process.off('exit', stop);
  pip.signal?.removeEventListener('abort', stop);
  refuseStopped(pip.signal);
  if (failure !== undefined) throw notStarted(pip.python, failure);
  return { code, output: lines.join('\n') };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGTERM');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}

/** What a person may have set for installing into an environment does not hold for a folder of ours. */
function settings(temporary: string): Record<string, string> {
  return {
    TMPDIR: temporary,
    PIP_USER: '0',
    PIP_REQUIRE_VIRTUALENV: '0',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_ROOT_USER_ACTION: 'ignore',
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

function notStarted(python: string, cause: unknown): AssayError {
  const why = errnoOf(cause) === 'ENOENT' ? 'it was not found' : messageOf(cause);
  return new AssayError('usage', {
    what: `the Python \`${python}\` cannot be started (${why})`,
    mend: 'The wheels are fetched with its pip: install Python 3 with pip, or name one with --python.',
    cause,
  });
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? '';
}
