import type { Device } from '../../contract.js';
import { explainCuda } from '../cuda/index.js';
import { graphics } from './graphics.js';
import { inTwo } from './sentences.js';

export interface Explanation {
  /** A clause. */
  readonly because: string;
  /** A sentence with the one command or step that would enable it; null where none is known. */
  readonly mend: string | null;
}

/**
 * Why a device does not work, and the step that would enable it.
 *
 * @param sentence what the process said that tried it
 * @param lastWords what the driver and its loader wrote
 * @param plausible whether the machine shows a GPU
 */
export function explain(
  device: Device,
  sentence: string,
  lastWords: string,
  plausible = graphics().plausible,
): Explanation {
  const cause = device === 'webgpu' ? CAUSES.find(({ said }) => said.test(lastWords + sentence)) : undefined;
  if (device === 'cuda') return explainCuda(sentence, lastWords) ?? inTwo(sentence);
  if (cause === undefined) return inTwo(sentence);
  if (plausible) return cause;
  return { because: `${cause.because}, and this machine shows no GPU`, mend: 'Run it on a machine with a GPU.' };
}

/** In the words of Dawn and of the Vulkan loader. */
const CAUSES: readonly (Explanation & { readonly said: RegExp })[] = [
  {
    said: /Couldn't load Vulkan/,
    because: 'the Vulkan loader (libvulkan.so.1) is not installed',
    mend: 'Install it and the driver: `apt-get install libvulkan1 mesa-vulkan-drivers` (Debian, Ubuntu).',
  },
  {
    said: /Found no drivers|VK_ERROR_INCOMPATIBLE_DRIVER/,
    because: 'the Vulkan loader found no driver',
    // NVIDIA's driver lies behind the libraries that share out GL between vendors: the loader found it only beside them.
    mend:
      'Install it (Debian, Ubuntu): for AMD and Intel `apt-get install mesa-vulkan-drivers`; for NVIDIA its own, ' +
      'and beside it `apt-get install libgl1 libegl1 libgles2 libopengl0`.',
  },
  {
    said: /No supported adapters|Failed to get a WebGPU adapter/,
    because: 'no driver of this machine can do what WebGPU needs',
    mend: "Install the newest driver of your GPU's vendor.",
  },
];
