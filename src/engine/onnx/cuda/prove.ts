import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cudaInstallation, noteProof, type Environment } from './installation.js';

/** Whether a session and a gradient ran on a device of this machine. */
export type CudaProof =
  | {
      readonly kind: 'proved';
      readonly milliseconds: number;
      /** Between the gradients on the device and on the CPU, of the largest value. */
      readonly difference: number;
    }
  | {
      readonly kind: 'unproved';
      /** False when the machine has no driver, so that nothing could be tried. */
      readonly driver: boolean;
      readonly sentence: string;
    };

/** The first use of a GPU reads gigabytes of libraries from the disk. */
const TIMEOUT_MS = 180_000;

/** Runs a bundled model and its gradient on CUDA, in another process, and notes the outcome in the installation. */
export async function proveCuda(env: Environment): Promise<CudaProof> {
  const proof = await askProver(env);
  const folder = cudaInstallation(env)?.folder;
  if (folder !== undefined) noteProof(folder, proof.kind === 'proved');
  return proof;
}

function askProver(env: Environment): Promise<CudaProof> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL('./prover.js', import.meta.url)), {
      env: { ...env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    let proof: CudaProof | null = null;
    let errors = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-10_000)));
    child.once('message', (message) => (proof = message as CudaProof));
    child.once('error', (error) => resolve(unproved(error.message)));
    child.once('close', (code, signal) => resolve(withReason(proof ?? unproved(ending(code, signal)), errors)));
  });
}

function unproved(sentence: string): CudaProof {
  return { kind: 'unproved', driver: true, sentence: `${sentence}.` };
}

function ending(code: number | null, signal: NodeJS.Signals | null): string {
  return `the process ended with ${signal === null ? `exit code ${code}` : `signal ${signal}`}`;
}

/** ONNX Runtime says in its log, not in its error, why a library could not be loaded. */
function withReason(proof: CudaProof, errors: string): CudaProof {
  const reason = /with error: (.+)/.exec(errors)?.[1];
  if (proof.kind === 'proved' || reason === undefined) return proof;
  return { ...proof, sentence: `${proof.sentence} ONNX Runtime's log: ${reason}.` };
}
