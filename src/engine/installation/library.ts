import { constants } from 'node:os';
import { messageOf } from '#base/errors';

/** `RTLD_NODELETE` of the C library (`bits/dlfcn.h`), which Node does not name: the library stays after `dlclose`. */
const STAYS = 0x1000;

/**
 * Loads a library that is no addon of Node, for good and for all that need it by name: the loader of the C library takes
 * one that is in memory under that name before it searches. Null when it is in memory.
 */
export function whyNotLoaded(path: string): string | null {
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL | STAYS);
    return null;
  } catch (error) {
    // What Node says of every library that was loaded and turned out to be no addon.
    const message = messageOf(error);
    return message.includes('did not self-register') ? null : message;
  }
}

/** Products of float32 are rounded to 10 bits on tensor cores by default (TF32), which no tolerance of ours allows. */
export function keepSinglePrecision(): void {
  process.env['NVIDIA_TF32_OVERRIDE'] ??= '0';
}
