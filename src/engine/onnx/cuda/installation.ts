import { join } from 'node:path';
import { userCacheFolder } from '#base/user-cache';
import { installationIn, type Installation } from '../../installation/manifest.js';
import type { Environment } from '../../installation/program.js';
import { platformName } from './release.js';
import { runtimePackageVersion } from './runtime-package.js';

/** Libraries lie in one folder: those of NVIDIA look for each other there, and ONNX Runtime for its providers. */
export const LIBRARIES = 'lib';

/** The folder of every version. */
export function cudaRoot(env: Environment): string {
  return join(userCacheFolder(env), 'onnxruntime-cuda');
}

/** The folder of one version. */
export function cudaFolder(root: string, runtime: string): string {
  return join(root, `${runtime}-${platformName()}`);
}

/** ONNX Runtime's CUDA provider of the version of `onnxruntime-node` beside this Assay; null when there is none. */
export function cudaInstallation(env: Environment = process.env): Installation | null {
  const runtime = runtimePackageVersion();
  return runtime === null ? null : installationIn(cudaFolder(cudaRoot(env), runtime));
}
