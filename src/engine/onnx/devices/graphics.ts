import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What the system says of its graphics processors, without asking any driver. */
export interface Graphics {
  /** Whether a device could be there at all: nothing but a device node leads to one. */
  readonly plausible: boolean;
  /** Of NVIDIA's driver, or the kernel's driver of the first adapter; null where the system does not tell. */
  readonly adapter: string | null;
  /** What changes when drivers or adapters do. */
  readonly state: readonly string[];
}

const NODES = /^(?:nvidia\d+|dxg|mali\d+|kgsl-3d\d+)$/;

/** Graphics processors of this machine. Other systems than Linux always have one, and do not say here which. */
export function graphics(env: Readonly<Record<string, string | undefined>> = process.env): Graphics {
  if (process.platform !== 'linux') return { plausible: true, adapter: null, state: [] };
  const nodes = [
    ...namesIn('/dev').filter((name) => NODES.test(name)),
    ...namesIn('/dev/dri').filter((name) => name.startsWith('renderD')),
  ];
  const named = ['VK_DRIVER_FILES', 'VK_ADD_DRIVER_FILES', 'VK_ICD_FILENAMES'].map((key) => `${key}=${env[key] ?? ''}`);
  const manifests = ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'].flatMap(
    (folder) => namesIn(folder).map((name) => stamped(join(folder, name))),
  );
  return {
    plausible: nodes.length > 0,
    adapter: nodes.length > 0 ? (nvidiaModel() ?? kernelDriver()) : null,
    state: [...nodes, ...named, ...manifests, textOf('/proc/driver/nvidia/version')],
  };
}

/** Drivers of software and of hardware among the libraries of this process, by file name. */
export function driversInMemory(): readonly string[] {
  const libraries = textOf('/proc/self/maps')
    .split('\n')
    .map((line) => basename(line.slice(line.indexOf('/'))));
  return [...new Set(libraries.filter((name) => /^lib(?:vulkan_|vk_|GLX_nvidia|nvidia-)/.test(name)))];
}

/** Programs that play a GPU, and how the names of their libraries begin. */
export const SOFTWARE_DRIVERS: ReadonlyMap<string, string> = new Map([
  ['llvmpipe', 'libvulkan_lvp.'],
  ['SwiftShader', 'libvk_swiftshader.'],
]);

export function isSoftwareDriver(library: string): boolean {
  return [...SOFTWARE_DRIVERS.values()].some((beginning) => library.startsWith(beginning));
}

function nvidiaModel(): string | null {
  const folder = '/proc/driver/nvidia/gpus';
  const [first] = namesIn(folder);
  if (first === undefined) return null;
  return /^Model:\s*(.+)$/m.exec(textOf(join(folder, first, 'information')))?.[1]?.trim() ?? null;
}

/** Such as amdgpu or i915. */
function kernelDriver(): string | null {
  const cards = namesIn('/sys/class/drm').filter((name) => /^card\d+$/.test(name));
  const drivers = cards.map(
    (card) => /^DRIVER=(.+)$/m.exec(textOf(join('/sys/class/drm', card, 'device/uevent')))?.[1],
  );
  return drivers.find((driver) => driver !== undefined) ?? null;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function stamped(path: string): string {
  return `${path} ${statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0}`;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
