import { readFileSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { keepSinglePrecision, whyNotLoaded } from '../../installation/library.js';
import { readManifest } from '../../installation/manifest.js';
import type { Environment } from '../../installation/program.js';
import { cudaInstallation, LIBRARIES } from './installation.js';
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
