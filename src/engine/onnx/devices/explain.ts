import { existsSync } from 'node:fs';
import type { Device } from '../../contract.js';
import { graphics } from './graphics.js';

export interface Explanation {
  readonly because: string;
  readonly mend: string | null;
}

/**
 * Why a device does not work, and the step that would enable it.
 *
 * @param sentence what the process said that tried it
 * @param lastWords what the driver and its loader wrote
 */
export function explain(device: Device, sentence: string, lastWords: string): Explanation {
  if (device === 'webgpu') {
    const found = CAUSES.find(({ said }) => said.test(lastWords) || said.test(sentence));
    if (found !== undefined) return { because: found.because, mend: found.mend() };
  }
  const [because = '', ...mend] = sentence.split(/(?<=\.) (?=[A-Z])/);
  return { because: because.replace(/\.$/, ''), mend: mend.length === 0 ? null : mend.join(' ') };
}

interface Cause {
  readonly said: RegExp;
  readonly because: string;
  readonly mend: () => string | null;
}

/** In the words of Dawn and of the Vulkan loader. */
const CAUSES: readonly Cause[] = [
  {
    said: /Couldn't load Vulkan/,
    because: 'the Vulkan loader (libvulkan.so.1) is not installed',
    mend: () => onHardware(`Run \`${install('libvulkan1 mesa-vulkan-drivers')}\`.`),
  },
  {
    said: /Found no drivers|VK_ERROR_INCOMPATIBLE_DRIVER/,
    because: 'the Vulkan loader found no driver',
    mend: () => onHardware(`Run \`${install('mesa-vulkan-drivers')}\`; NVIDIA's own driver brings its Vulkan driver along.`),
  },
  {
    said: /No supported adapters|Failed to get a WebGPU adapter/,
    because: 'no Vulkan driver of this machine can do what WebGPU needs',
    mend: () => onHardware("Install the newest driver of your GPU's vendor."),
  },
];

/** No driver helps where there is nothing to drive. */
function onHardware(mend: string): string | null {
  return graphics().plausible ? mend : null;
}

/** With Debian's names of the packages, in the words of this system. */
function install(packages: string): string {
  const [, command] = MANAGERS.find(([path]) => existsSync(path)) ?? DEBIAN;
  return command(packages);
}

type Manager = readonly [string, (packages: string) => string];

const DEBIAN: Manager = ['/usr/bin/apt-get', (packages) => `apt-get install ${packages}`];
const MANAGERS: readonly Manager[] = [
  DEBIAN,
  ['/usr/bin/dnf', (packages) => `dnf install ${packages.replace('libvulkan1', 'vulkan-loader')}`],
  ['/usr/bin/pacman', (packages) => `pacman -S ${packages.replace('libvulkan1', 'vulkan-icd-loader').replace('mesa-vulkan-drivers', 'vulkan-radeon vulkan-intel')}`],
];
