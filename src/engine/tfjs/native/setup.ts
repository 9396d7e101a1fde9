import { existsSync } from 'node:fs';
import { AssayError } from '#base/errors';
import { removeAll, type Installed } from '../../installation/install.js';
import type { Environment } from '../../installation/program.js';
import { installTensorFlow, type Tools } from './install.js';
import { installationFor } from './installations.js';
import { tensorFlowRoot } from './places.js';
import type { TensorFlowProof } from './proofs.js';
import { proveTensorFlow } from './prove.js';
import { releaseFor } from './release.js';

export interface TensorFlowSetup extends Installed {
  readonly proof: TensorFlowProof;
}

/**
 * Makes native TensorFlow a back end of TensorFlow.js, in the user's cache, and tries it.
 *
 * @throws AssayError `usage` where no release fits, and as `installTensorFlow`
 */
export async function setUpTensorFlow(gpu: boolean, tools: Tools): Promise<TensorFlowSetup> {
  const release = releaseFor(gpu);
  if (release === null) {
    throw new AssayError('usage', {
      what: `native TensorFlow can be set up on linux-x64 only, and this is ${process.platform}-${process.arch}`,
      mend: 'TensorFlow.js on WebAssembly is in the package and needs no setup.',
    });
  }
  const { from, env, signal, onLine } = tools;
  if (from !== undefined && !existsSync(from)) {
    throw new AssayError('usage', { where: from, what: 'there is no such wheel or folder' });
  }
  const installed = await installTensorFlow(release, tensorFlowRoot(env), tools);
  const installation = installationFor(gpu, env);
  if (installation === null) throw new AssayError('setup', { what: 'the installation is gone' });
  onLine('Running a model and its gradients on TensorFlow ...');
  return { ...installed, proof: await proveTensorFlow(installation, { env, signal }) };
}

/** Removes TensorFlow for every device, whole or not, and gives the folder that held it; null when there was none. */
export function removeTensorFlow(env: Environment): string | null {
  return removeAll(tensorFlowRoot(env));
}
