import { readFileSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, join } from 'node:path';
import { messageOf } from '#base/errors';
import { cudaInstallation, LIBRARIES, readManifest, type Environment } from './installation.js';
import { RUNTIME_LIBRARY } from './runtime-package.js';

/** Whether this process can make sessions on CUDA. */
export type CudaProvider =
  | { readonly state: 'loaded'; readonly version: string; readonly folder: string }
  | {
      readonly state: 'absent';
      readonly reason: 'not-installed' | 'no-driver' | 'runtime-loaded-before' | 'not-loadable';
      /** What is missing and, where something helps, what to do. */
      readonly sentence: string;
    };

/** The driver's library: it comes with the driver, never with a wheel. */
const DRIVER = 'libcuda.so.1';
/** `RTLD_NODELETE` of the C library (`bits/dlfcn.h`), which Node does not name: the library stays after `dlclose`. */
const STAYS = 0x1000;

/**
 * Makes CUDA a device of this process. Has to be called before `onnxruntime-node` is imported: ONNX Runtime looks for
 * its providers beside its own library, so the copy in the cache, which has them beside it, has to be the one that is in
 * memory when the package asks for it by name. May be called again.
 */
export function loadCudaProvider(env: Environment = process.env): CudaProvider {
  const installation = cudaInstallation(env);
  if (installation === null) {
    return absent('not-installed', "ONNX Runtime's CUDA provider is not installed. Run `assay setup onnx --gpu`.");
  }
  const { version, folder } = installation;
  const libraries = join(folder, LIBRARIES);
  const runtime = join(libraries, RUNTIME_LIBRARY);
  if (runtimesInMemory().some((path) => path !== real(runtime))) {
    return absent('runtime-loaded-before', 'ONNX Runtime was loaded in this process before its CUDA provider.');
  }
  if (whyNotLoaded(DRIVER) !== null) {
    return absent(
      'no-driver',
      `this machine has no NVIDIA driver (${DRIVER} was not found). Install the driver, version 580 or newer.`,
    );
  }
  keepSinglePrecision();
  for (const path of [...preloadedIn(folder).map((name) => join(libraries, name)), runtime]) {
    const why = whyNotLoaded(path);
    if (why !== null) {
      return absent('not-loadable', `${path} cannot be loaded (${why}). Run \`assay setup onnx --gpu\` again.`);
    }
  }
  return { state: 'loaded', version, folder };
}

function absent(reason: Extract<CudaProvider, { state: 'absent' }>['reason'], sentence: string): CudaProvider {
  return { state: 'absent', reason, sentence };
}

function preloadedIn(folder: string): readonly string[] {
  return readManifest(folder)?.preloaded ?? [];
}

/** Products of float32 are rounded to 10 bits on tensor cores by default (TF32), which no tolerance of ours allows. */
function keepSinglePrecision(): void {
  process.env['NVIDIA_TF32_OVERRIDE'] ??= '0';
}

/**
 * Loads a library that is no addon of Node, for good and for all that need it by name: the loader of the C library takes
 * one that is in memory under that name before it searches. Null when it is in memory.
 */
function whyNotLoaded(path: string): string | null {
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL | STAYS);
    return null;
  } catch (error) {
    // What Node says of every library that was loaded and turned out to be no addon.
    const message = messageOf(error);
    return message.includes('did not self-register') ? null : message;
  }
}

/** Paths of ONNX Runtime's library in the memory of this process. */
function runtimesInMemory(): readonly string[] {
  const paths = readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .map((line) => line.slice(line.indexOf('/')))
    .filter((path) => basename(path) === RUNTIME_LIBRARY);
  return [...new Set(paths)];
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
