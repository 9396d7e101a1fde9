import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { AssayError } from '#base/errors';
import { runProgram, type Environment } from '../../installation/program.js';

/** A C++ compiler of this machine: its command and what always goes with it. */
export type Compiler = readonly [command: string, ...args: string[]];

interface Surroundings {
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
}

export interface Source {
  readonly files: readonly string[];
  readonly includes: readonly string[];
  /** Shared libraries that are linked. */
  readonly libraries: readonly string[];
  /** Where they are looked for when the result is loaded, from the folder that it is in. */
  readonly librariesFrom: string;
  readonly output: string;
  /** For the compiler's own files. */
  readonly temporary: string;
}

/** What decides about the binary beside its sources. */
export const COMPILER_FLAGS = ['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-DNDEBUG', '-w'] as const;

const USUAL = ['c++', 'g++', 'clang++'];

/**
 * The compiler that `CXX` names, or the first that is there.
 *
 * @throws AssayError `usage` where there is none
 */
export async function findCompiler({ env, signal }: Surroundings): Promise<Compiler> {
  const named = env['CXX']?.trim().split(/\s+/) ?? [];
  const candidates = named[0] === undefined || named[0] === '' ? USUAL.map((each) => [each]) : [named];
  for (const [command = '', ...args] of candidates) {
    if (await runs(command, [...args, '--version'], { env, signal })) return [command, ...args];
  }
  const what =
    candidates.length === 1
      ? `the C++ compiler \`${named.join(' ')}\` of CXX does not run`
      : 'there is no C++ compiler';
  throw new AssayError('usage', {
    what: `${what}, which builds the binding between Node and TensorFlow`,
    mend: "Install g++ or clang++ from your system's packages (Debian and Ubuntu: apt-get install g++), or name one in CXX.",
  });
}

/**
 * Builds a shared library for Node.
 *
 * @throws AssayError `setup` or `output` with what the compiler said first, `interrupted`
 */
export async function compile([command, ...args]: Compiler, source: Source, around: Surroundings): Promise<void> {
  for (const folder of [dirname(source.output), source.temporary]) mkdirSync(folder, { recursive: true });
  const { code, output } = await runProgram({
    command,
    args: [
      ...args,
      ...COMPILER_FLAGS,
      ...source.includes.map((folder) => `-I${folder}`),
      ...source.files,
      ...source.libraries,
      `-Wl,-rpath,$ORIGIN/${source.librariesFrom}`,
      '-o',
      source.output,
    ],
    cwd: source.temporary,
    env: { ...around.env, TMPDIR: source.temporary, LC_ALL: 'C' },
    signal: around.signal,
  });
  if (code !== 0) throw compilerTrouble([command, ...args].join(' '), output, dirname(source.output));
}

/** Why a compiler gave up, in one sentence, from all that it printed. */
export function compilerTrouble(compiler: string, output: string, folder: string): AssayError {
  if (/No space left on device|Disk quota exceeded/.test(output)) {
    const mend = 'Free some space, or set XDG_CACHE_HOME to a folder on a larger disk.';
    return new AssayError('output', { where: folder, what: 'the disk is full', mend });
  }
  const lines = output.trim().split('\n');
  const first =
    lines.find((line) => /\b(?:fatal )?error\b|undefined reference|cannot find/i.test(line)) ?? lines.at(-1);
  return new AssayError('setup', {
    what: `\`${compiler}\` could not build the binding between Node and TensorFlow (${(first ?? '').trim()})`,
    mend: 'Nothing was installed. It takes a compiler of C++17, such as g++ 9 or clang++ 10; name another one in CXX.',
  });
}

async function runs(command: string, args: readonly string[], { env, signal }: Surroundings): Promise<boolean> {
  try {
    return (await runProgram({ command, args, cwd: '/', env, signal })).code === 0;
  } catch (cause) {
    if (cause instanceof AssayError) throw cause;
    return false;
  }
}
