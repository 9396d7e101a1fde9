import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { packageRoot } from '#base/package-root';
import type { Device } from '../../contract.js';
import { tryInProcess, type TrialMessage } from '../../installation/trial.js';
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

/** What the process says that tries, when it works. */
interface Measured {
  readonly milliseconds: number;
  readonly cpuMilliseconds: number;
  readonly rssMiB: number;
  /** Names of the graphics drivers' libraries that it has loaded. */
  readonly drivers: readonly string[];
}
export type ProofMessage = TrialMessage<Measured>;

export interface ProveOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** The program that the process runs. */
  readonly entry?: string;
}

/** Compiling all shaders of the proof takes a slow driver some seconds. */
const TIMEOUT_MS = 60_000;

/**
 * Opens a model on a device in a process of its own, takes a gradient, compares it with the CPU's and measures its time.
 *
 * @throws AssayError `interrupted` by the signal
 */
export async function proveDevice(device: Device, options: ProveOptions = {}): Promise<DeviceProof> {
  const { signal, timeoutMs = TIMEOUT_MS, entry = entryPath() } = options;
  const args = [device, String(availableParallelism())];
  const { message, lastWords } = await tryInProcess<Measured>({ entry, args, timeoutMs, signal });
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

function entryPath(): string {
  return join(packageRoot(), 'dist/src/engine/onnx/devices/prove-entry.js');
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
