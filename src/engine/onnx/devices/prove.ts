import { fork } from 'node:child_process';
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { AssayError } from '#base/errors';
import { packageRoot } from '#base/package-root';
import type { Device } from '../../contract.js';
import { graphics, isSoftwareDriver, SOFTWARE_DRIVERS } from './graphics.js';
import { explain } from './explain.js';

/** What came of trying a device. */
export type DeviceProof = WorkingDevice | FailingDevice;

export interface WorkingDevice {
  readonly device: Device;
  readonly works: true;
  /** For scores and gradients of one batch. */
  readonly milliseconds: number;
  /** For the same on the CPU, right before. */
  readonly cpuMilliseconds: number;
  readonly rssMiB: number;
  /** Whether it is a program that plays a GPU. Null where that cannot be told. */
  readonly software: boolean | null;
  /** A model or a driver; null where the system does not tell. */
  readonly adapter: string | null;
}

export interface FailingDevice {
  readonly device: Device;
  readonly works: false;
  /** A clause. */
  readonly because: string;
  /** A sentence with the one command or step that would enable it; null where none would. */
  readonly mend: string | null;
}

/** What the process says that tries. */
export type ProofMessage =
  | {
      readonly kind: 'works';
      readonly milliseconds: number;
      readonly cpuMilliseconds: number;
      readonly rssMiB: number;
      /** Names of the graphics drivers' libraries that it has loaded. */
      readonly drivers: readonly string[];
    }
  | { readonly kind: 'fails'; readonly sentence: string };

export interface ProveOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** The program that the process runs. */
  readonly entry?: string;
}

/** Compiling all shaders of the proof takes a slow driver some seconds. */
const TIMEOUT_MS = 60_000;
const LAST_WORDS = 4000;

/**
 * Opens a model on a device in a process of its own, takes a gradient, compares it with the CPU's and measures its time.
 *
 * @throws AssayError `interrupted` by the signal
 */
export async function proveDevice(device: Device, options: ProveOptions = {}): Promise<DeviceProof> {
  const { message, lastWords } = await ask(device, options);
  if (message.kind === 'fails') return { device, works: false, ...explain(device, message.sentence, lastWords) };
  const { milliseconds, cpuMilliseconds, rssMiB, drivers } = message;
  const software = isSoftware(device, drivers);
  return {
    device,
    works: true,
    milliseconds,
    cpuMilliseconds,
    rssMiB,
    software,
    adapter: adapterOf(device, software, drivers),
  };
}

interface Answer {
  readonly message: ProofMessage;
  readonly lastWords: string;
}

function ask(device: Device, { signal, timeoutMs = TIMEOUT_MS, entry = entryPath() }: ProveOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = fork(entry, [device, String(availableParallelism())], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // Those of the parent, such as --inspect, are not meant for it.
      execArgv: [],
    });
    let lastWords = '';
    let message: ProofMessage | undefined;
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
      message = answer as ProofMessage;
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

function entryPath(): string {
  return join(packageRoot(), 'dist/src/engine/onnx/devices/prove-entry.js');
}

function silent(code: number | null, signal: string | null, lateAfter: number | null): ProofMessage {
  if (lateAfter !== null) return { kind: 'fails', sentence: `it gave no answer within ${lateAfter / 1000} s` };
  return { kind: 'fails', sentence: `the process that tried it died (${signal ?? `exit code ${code ?? 'unknown'}`})` };
}

function isSoftware(device: Device, drivers: readonly string[]): boolean | null {
  if (device !== 'webgpu') return false;
  if (!graphics().plausible) return true;
  if (drivers.length === 0) return null;
  const inSoftware = drivers.filter((name) => isSoftwareDriver(name)).length;
  // The loader asks every driver that it finds, and does not say which one was taken.
  return inSoftware === 0 ? false : inSoftware === drivers.length ? true : null;
}

function adapterOf(device: Device, software: boolean | null, drivers: readonly string[]): string | null {
  if (device === 'cpu') return null;
  if (software !== true) return graphics().adapter;
  return [...SOFTWARE_DRIVERS].find(([, library]) => drivers.some((name) => name.startsWith(library)))?.[0] ?? null;
}

function interrupted(): AssayError {
  return new AssayError('interrupted', { what: 'the run was interrupted' });
}
