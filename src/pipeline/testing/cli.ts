// Runs the built command line as a user does, in processes that tests may kill.
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import type { JsonObject } from '#base/json';
import { BRIEF } from './brief.js';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The largest memory so far of a process that commands share. */
  readonly peakMiB?: number;
}

export interface Started {
  /** Of the command line's own process, which leads the group. */
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** To the whole process group, as a terminal or a system does. */
  signalGroup(signal: NodeJS.Signals): void;
  /** To the command line's own process alone. */
  signalParent(signal: NodeJS.Signals): void;
  /** Whether any process of the group is left. */
  isGroupAlive(): boolean;
  /** Resolves once stderr matches. */
  said(pattern: RegExp): Promise<void>;
}

/** Starts `assay` with these arguments, in a process group of its own. */
export function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, [join(packageRoot(), 'dist/src/cli/main.js'), ...args], {
    detached: true,
    env: { ...environment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const pid = child.pid ?? NaN;
  return {
    pid,
    ended: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    }),
    signalGroup: (signal) => void signalled(-pid, signal),
    signalParent: (signal) => void signalled(pid, signal),
    isGroupAlive: () => signalled(-pid, 0),
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => pattern.test(stderr) && resolve();
        child.stderr.on('data', look);
        child.on('close', () => reject(new Error(`it never said ${pattern.source}: ${stderr}`)));
        look();
      }),
  };
}

function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  return { ...inherited, NO_COLOR: '1', GITHUB_STEP_SUMMARY: '' };
}

let host: ChildProcess | null = null;
let calls = 0;

afterAll(() => {
  host?.disconnect();
  host = null;
});

/** Runs `assay`: in a process of its own where it has an environment of its own, or else in one that is started once. */
export function assay(args: readonly string[], { cwd, env }: Around = {}): Promise<Ended> {
  return env === undefined ? shared(args, cwd ?? packageRoot()) : start(args, env).ended;
}

type Around =
  | { readonly cwd?: string; readonly env?: undefined }
  | { readonly cwd?: undefined; readonly env: Readonly<Record<string, string>> };

/** One command after the other in one process, as `test/cli-host.mjs` says. */
function shared(args: readonly string[], cwd: string): Promise<Ended> {
  host ??= fork(join(packageRoot(), 'test/cli-host.mjs'), {
    env: environment(),
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [child, id] = [host, ++calls];
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error(`assay ${args.join(' ')}: the process that runs commands ended`));
    const hear = (answer: { readonly id: number; readonly ended: Ended }) => {
      if (answer.id !== id) return;
      child.off('message', hear).off('exit', gone);
      resolve(answer.ended);
    };
    child.on('message', hear).on('exit', gone);
    child.send({ id, args, cwd });
  });
}

/** The only run folder below `out`. */
export function onlyRun(out: string): string {
  const names = readdirSync(out);
  if (names.length !== 1) throw new Error(`one run was expected in ${out}: ${names.join(', ')}`);
  return join(out, names[0] ?? '');
}

/** An audit of the small classifier whose cells have several checkpoints, and nothing random but its seed. */
export function writeAuditConfig(folder: string, changes: JsonObject = {}): string {
  const fixture = (path: string) => join(packageRoot(), 'fixtures', path);
  const config = {
    target: {
      file: fixture('models/fashion-mlp.onnx'),
      head: 'classes',
      labels: fixture('data/fashion-labels.txt'),
      domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
    },
    data: {
      test: {
        inputs: fixture('data/fashion-test-images.idx3-ubyte.gz'),
        labels: fixture('data/fashion-test-labels.idx1-ubyte.gz'),
        scale: 1 / 255,
        sample: 260,
      },
      train: {
        inputs: fixture('data/fashion-train-images.idx3-ubyte.gz'),
        labels: fixture('data/fashion-train-labels.idx1-ubyte.gz'),
        scale: 1 / 255,
        sample: 200,
      },
    },
    seed: 7,
    audits: {
      'evasion/noise': { norm: 'L2', epsilons: [0.5] },
      'evasion/pgd': { norm: 'Linf', epsilons: [0.05], steps: 4, restarts: 2, trust: BRIEF },
      'training/adversarial': { method: 'fast', epsilon: 0.1, epochs: 2, evaluationSteps: 2 },
    },
    ...changes,
  };
  return writeConfig(folder, config);
}

export function writeConfig(folder: string, config: JsonObject | object): string {
  const path = join(folder, 'assay.config.json');
  writeFileSync(path, JSON.stringify(config));
  return path;
}

export function reportOf(runFolder: string): Buffer {
  return readFileSync(join(runFolder, 'report.json'));
}

function signalled(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
