import { AssayError } from '#base/errors';
import { removeAll, type Installed } from '../../installation/install.js';
import type { Pip } from '../../installation/pip.js';
import type { Environment } from '../../installation/program.js';
import { installRelease } from './install.js';
import { cudaRoot } from './installation.js';
import { platformName, releaseFor, runtimesFor } from './release.js';
import { runtimePackageVersion } from './runtime-package.js';

/**
 * Installs ONNX Runtime's CUDA provider for the `onnxruntime-node` beside this Assay into the user's cache.
 *
 * @throws AssayError `usage` where no release fits, and as `installRelease`
 */
export function installCuda(pip: Pip): Promise<Installed> {
  const platform = platformName();
  const known = runtimesFor(platform);
  if (known.length === 0) {
    throw new AssayError('usage', {
      what: `the CUDA provider can be installed on linux-x64 only, and this is ${platform}`,
      mend: 'WebGPU is in the package and needs no setup.',
    });
  }
  const runtime = runtimePackageVersion() ?? 'missing';
  const release = releaseFor(runtime, platform);
  if (release === null) {
    throw new AssayError('usage', {
      what: `onnxruntime-node is ${runtime}, and this version of Assay knows the CUDA provider of ${known.join(', ')}`,
      mend: `Install it: npm install --ignore-scripts onnxruntime-node@${known.at(-1)}`,
    });
  }
  return installRelease(release, cudaRoot(pip.env), pip);
}

/** Removes every version, whole or not, and gives the folder that held them; null when there was none. */
export function removeCuda(env: Environment): string | null {
  return removeAll(cudaRoot(env));
}
