import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AssayError, errnoOf, messageOf } from '#base/errors';
import { pipTrouble } from './pip-trouble.js';
import { runProgram, type Ended, type Environment } from './program.js';

/** The user's own pip: its indexes, proxies and certificates are theirs to choose. */
export interface Pip {
  /** The Python that has it. */
  readonly python: string;
  readonly env: Environment;
  /** A wheel, or a folder with wheels, to take instead of asking an index. */
  readonly from?: string | undefined;
  /** What pip says it does. */
  readonly onLine: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The first that knows the tags `manylinux_2_28` (PEP 600). */
const OLDEST_PIP = [20, 3] as const;

/** In one word: after `-m pip install`, pyenv's `python3` renews its commands, and fails where it may not, or while another does. */
const MODULE = '-mpip';

/** The Python that wheels are taken for, whatever Python the user has: only their libraries are used. */
const PYTHON = '3.12';

/**
 * Downloads the wheels of a requirements file, checks their hashes and unpacks them, all within one folder.
 *
 * @throws AssayError `usage` when there is no Python, no pip or an old one, `setup` or `output` with one sentence when pip
 *   gives up, `interrupted` when it was stopped
 */
export async function unpackWheels(requirements: string, folder: string, pip: Pip): Promise<string> {
  const unpacked = join(folder, 'wheels');
  const args = ['install', '--target', unpacked, '--requirement', requirements, '--require-hashes', '--no-deps'];
  const extra = ['--no-compile', '--no-cache-dir', '--progress-bar=off', ...tags(pip.from)];
  const { code, output } = await run(pip, folder, [...args, ...extra, ...sourceOf(pip)], (line) => {
    if (/^\s*(Downloading|Processing|Using cached) |^Installing collected/.test(line))
      pip.onLine(line.trim().replace(/ \(from .*\)$/, ''));
  });
  if (code === 0) return unpacked;
  await requirePip(pip, folder);
  throw pipTrouble(output, folder, pip.from);
}

/** Those of Linux on x64, and of the Python for which there is a wheel where no index is asked. */
function tags(from: string | undefined): readonly string[] {
  const python = from === undefined ? PYTHON : pythonOf(wheelsIn(from));
  return [
    '--only-binary=:all:',
    '--implementation=cp',
    `--python-version=${python}`,
    `--abi=cp${python.replace('.', '')}`,
    '--abi=none',
    ...['2_28', '2_27', '2_17'].map((glibc) => `--platform=manylinux_${glibc}_x86_64`),
    '--platform=manylinux2014_x86_64',
  ];
}

/** `tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl` is for 3.11. */
function pythonOf(wheels: readonly string[]): string {
  const found = wheels.flatMap((name) => {
    const [, major, minor] = /-cp(\d)(\d+)-cp\d+-[^-]+\.whl$/.exec(name) ?? [];
    return major === undefined || minor === undefined ? [] : `${major}.${minor}`;
  });
  return found.includes(PYTHON) ? PYTHON : (found[0] ?? PYTHON);
}

function wheelsIn(from: string): readonly string[] {
  return statSync(from).isDirectory() ? readdirSync(from) : [basename(from)];
}

function sourceOf({ from }: Pip): readonly string[] {
  return from === undefined ? [] : ['--no-index', `--find-links=${from}`];
}

async function requirePip(pip: Pip, folder: string): Promise<void> {
  const { code, output } = await run(pip, folder, ['--version']);
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

async function run(pip: Pip, folder: string, args: readonly string[], onLine?: (line: string) => void): Promise<Ended> {
  // Python takes modules from where it is started: never from the user's project.
  const cwd = join(folder, 'pip');
  mkdirSync(cwd, { recursive: true });
  try {
    return await runProgram({
      command: pip.python,
      args: [MODULE, ...args],
      cwd,
      env: { ...pip.env, ...settings(cwd) },
      ...(onLine === undefined ? {} : { onLine }),
      signal: pip.signal,
    });
  } catch (cause) {
    throw cause instanceof AssayError ? cause : notStarted(pip.python, cause);
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
