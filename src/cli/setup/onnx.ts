import { AssayError } from '#base/errors';
import { installCuda, proveDevice, type DeviceProof, type Installation } from '#engine/index';
import { EXIT, type ExitCode } from '#pipeline/exit-codes';
import { interruptible } from '../interrupt.js';
import { colorsFor, printJson, printLine, type Io } from '../io.js';
import { oneLine } from '../print/text.js';
import { gigabytes, pythonOf, STOPPING, teller, type SetupFlags } from './flags.js';

/** The first use of a GPU reads gigabytes of libraries from the disk. */
const FIRST_USE_MS = 180_000;

/** Says what there is to set up of this engine. */
export function requireGpu({ gpu, from }: SetupFlags): void {
  if (from !== undefined) {
    throw new AssayError('usage', {
      what: '--from is for TensorFlow',
      mend: "pip's own settings name a folder with wheels: PIP_NO_INDEX=1 PIP_FIND_LINKS=wheels assay setup onnx --gpu",
    });
  }
  if (gpu) return;
  throw new AssayError('usage', {
    what: 'the ONNX engine needs no setup but for NVIDIA GPUs',
    mend: 'Add --gpu for those: assay setup onnx --gpu',
  });
}

export async function setUpOnnx(flags: SetupFlags, io: Io): Promise<ExitCode> {
  const tell = teller(flags, io);
  const { installation, fetched } = await interruptible(
    io,
    (signal) => installCuda({ python: pythonOf(flags, io), env: io.env, onLine: tell, signal }),
    STOPPING,
  );
  tell('Running a model and its gradient on the GPU ...');
  const proof = await proveDevice('cuda', { timeoutMs: FIRST_USE_MS });
  const { version, folder, bytes } = installation;
  if (flags.json) printJson(io, { version, folder, bytes, fetched, proof });
  else print(installation, fetched !== null, proof, io);
  return proof.works ? EXIT.passed : EXIT.undecided;
}

function print({ version, folder, bytes }: Installation, isNew: boolean, proof: DeviceProof, io: Io): void {
  const colors = colorsFor(io.stdout, io.env);
  const state = isNew ? 'Installed' : 'Already installed:';
  const what = `ONNX Runtime's CUDA provider ${version} (${gigabytes(bytes)}) in ${folder}`;
  printLine(io.stdout, `${colors.green('✓')} ${state} ${what}`);
  if (proof.works) {
    const times = `${Math.round(proof.milliseconds)} ms, ${Math.round(proof.cpuMilliseconds)} ms on the CPU`;
    printLine(io.stdout, `${colors.green('✓')} Proved: a model and its gradient ran on the GPU (${times})`);
    return;
  }
  const reason = [`${proof.because}.`, ...(proof.mend === null ? [] : [proof.mend])].join(' ');
  printLine(io.stdout, `${colors.yellow('–')} Unproved on hardware: ${oneLine(reason)}`);
  printLine(io.stdout, '  The files stay. Run `assay setup onnx --gpu` again to prove them.');
}
