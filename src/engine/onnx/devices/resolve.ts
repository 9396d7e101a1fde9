import { AssayError } from '#base/errors';
import type { Device } from '../../contract.js';
import { cudaInstallation } from '../cuda/index.js';
import { graphics } from './graphics.js';
import { proveDevice, type DeviceProof, type WorkingDevice } from './prove.js';
import { keepProofs, keptProofs } from './kept-proofs.js';

/** A device by name, or the fastest that works. */
export type DeviceChoice = 'auto' | Device;

export const DEVICES: readonly Device[] = ['cpu', 'webgpu', 'cuda'];

/**
 * Devices whose gradients were never compared with the CPU's on hardware by those who wrote Assay: WebGPU ran on software only,
 * CUDA as far as asking for a device.
 */
export const UNPROVED_ON_HARDWARE: ReadonlySet<Device> = new Set<Device>(['webgpu', 'cuda']);

/**
 * The device to execute on. A named one is proved before it is taken; `auto` takes the fastest that works, and the CPU at once
 * where nothing speaks for a GPU. What was proved is kept until drivers, libraries or Assay change, a week at most.
 *
 * @throws AssayError `config` where a named device does not work, with what would enable it; `interrupted` by the signal
 */
export async function resolveDevice(wanted: DeviceChoice, signal?: AbortSignal): Promise<Device> {
  if (wanted === 'cpu') return wanted;
  return wanted === 'auto' ? fastestDevice(signal) : provedDevice(wanted, signal);
}

/** Every device, tried now: what `assay doctor` shows. */
export async function proveDevices(signal?: AbortSignal): Promise<readonly DeviceProof[]> {
  return prove(DEVICES, signal);
}

/**
 * How many times as fast as the CPU a device has to be in its proof for `auto` to take it. Nearer than that the small network of
 * the proof does not tell which of them is faster on a real one.
 */
export const LEAST_SPEEDUP = 1.5;

/** The fastest of those that work and are faster than the CPU by the margin, programs that play a GPU left out. */
export function fastestOf(proofs: readonly DeviceProof[]): Device {
  const share = ({ milliseconds, cpuMilliseconds }: WorkingDevice): number => milliseconds / cpuMilliseconds;
  const [fastest] = proofs
    .filter(
      (proof): proof is WorkingDevice => proof.works && proof.software !== true && share(proof) <= 1 / LEAST_SPEEDUP,
    )
    .sort((a, b) => share(a) - share(b));
  return fastest?.device ?? 'cpu';
}

async function fastestDevice(signal: AbortSignal | undefined): Promise<Device> {
  const plausible = plausibleDevices();
  if (plausible.length === 0) return 'cpu';
  return fastestOf(await provedOnce(plausible, signal));
}

async function provedDevice(device: Device, signal: AbortSignal | undefined): Promise<Device> {
  const kept = keptProofs().find((proof) => proof.device === device);
  // What failed may work by now.
  const [proof] = kept?.works === true ? [kept] : await prove([device], signal);
  if (proof?.works === true) return device;
  throw new AssayError('config', {
    where: 'device',
    what: `\`${device}\` does not work here: ${proof?.because ?? 'it was not tried'}`,
    mend: proof?.mend ?? 'Set `device` to `auto` or `cpu`; `assay doctor` shows what works.',
  });
}

/** Devices beside the CPU that something speaks for. */
function plausibleDevices(): readonly Device[] {
  if (!graphics().plausible) return [];
  return cudaInstallation() === null ? ['webgpu'] : ['webgpu', 'cuda'];
}

async function provedOnce(
  devices: readonly Device[],
  signal: AbortSignal | undefined,
): Promise<readonly DeviceProof[]> {
  const kept = keptProofs();
  const missing = devices.filter((device) => kept.every((proof) => proof.device !== device));
  const proofs = [...kept, ...(await prove(missing, signal))];
  return devices.flatMap((device) => proofs.find((proof) => proof.device === device) ?? []);
}

/** One after another: side by side they would slow each other down. */
async function prove(devices: readonly Device[], signal: AbortSignal | undefined): Promise<readonly DeviceProof[]> {
  const proofs: DeviceProof[] = [];
  for (const device of devices) proofs.push(await proveDevice(device, { signal }));
  if (proofs.length > 0) keepProofs(proofs);
  return proofs;
}
