import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import type { Environment } from '../../installation/program.js';
import { tryInProcess } from '../../installation/trial.js';
import type { TensorFlowInstallation } from './installations.js';
import { keepProof, type TensorFlowProof } from './proofs.js';

/** What the process says that tries, when it works. */
export type Tried = Omit<Extract<TensorFlowProof, { works: true }>, 'works'>;

/** The first use reads a gigabyte from the disk, with CUDA five, and compiles kernels for new GPUs. */
const TIMEOUT_MS = 300_000;

interface Surroundings {
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
  /** The program that the process runs. */
  readonly entry?: string;
}

/**
 * Runs a model and its gradients on an installation in a process of its own, compares them with those in JavaScript, and
 * keeps what came of it beside the installation.
 *
 * @throws AssayError `interrupted` by the signal
 */
export async function proveTensorFlow(
  installation: TensorFlowInstallation,
  { env, signal, entry = entryPath() }: Surroundings,
): Promise<TensorFlowProof> {
  const args = [installation.gpu ? 'gpu' : 'cpu'];
  const { message } = await tryInProcess<Tried>({ entry, args, timeoutMs: TIMEOUT_MS, env, signal });
  const proof = proofOf(message);
  keepProof(installation, proof);
  return proof;
}

function proofOf(message: Awaited<ReturnType<typeof tryInProcess<Tried>>>['message']): TensorFlowProof {
  if (message.kind === 'fails') return { works: false, because: message.sentence.replace(/\.$/, '') };
  const { tensorflowVersion, device, milliseconds, rssMiB } = message;
  return { works: true, tensorflowVersion, device, milliseconds, rssMiB };
}

function entryPath(): string {
  return join(packageRoot(), 'dist/src/engine/tfjs/native/prove-entry.js');
}
