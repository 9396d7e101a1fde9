import { resolve } from 'node:path';
import { setUpTensorFlow, type TensorFlowSetup } from '#engine/index';
import { EXIT, type ExitCode } from '#pipeline/exit-codes';
import { interruptible } from '../interrupt.js';
import { colorsFor, printJson, printLine, type Io } from '../io.js';
import { oneLine } from '../print/text.js';
import { gigabytes, pythonOf, STOPPING, teller, type SetupFlags } from './flags.js';

export async function setUpNativeTensorFlow(flags: SetupFlags, io: Io): Promise<ExitCode> {
  const gpu = flags.gpu === true;
  const setup = await interruptible(
    io,
    (signal) =>
      setUpTensorFlow(gpu, {
        python: pythonOf(flags, io),
        from: flags.from === undefined ? undefined : resolve(io.cwd, flags.from),
        cwd: io.cwd,
        env: io.env,
        onLine: teller(flags, io),
        signal,
      }),
    STOPPING,
  );
  const { installation, fetched, proof } = setup;
  if (flags.json) printJson(io, { ...installation, fetched, proof });
  else print(setup, gpu, io);
  return isProved(setup, gpu) ? EXIT.passed : EXIT.undecided;
}

function isProved({ proof }: TensorFlowSetup, gpu: boolean): boolean {
  return proof.works && (!gpu || proof.device === 'cuda');
}

function print({ installation, fetched, proof }: TensorFlowSetup, gpu: boolean, io: Io): void {
  const colors = colorsFor(io.stdout, io.env);
  const { version, bytes, folder } = installation;
  const state = fetched === null ? 'Already installed:' : 'Installed';
  printLine(io.stdout, `${colors.green('✓')} ${state} TensorFlow ${version} (${gigabytes(bytes)}) in ${folder}`);
  if (!proof.works) {
    printLine(io.stdout, `${colors.red('✕')} It does not work here: ${oneLine(proof.because)}.`);
    return;
  }
  const on = proof.device === 'cuda' ? 'the GPU' : 'the CPU';
  const time = `${proof.milliseconds.toFixed(1)} ms, ${Math.round(proof.rssMiB)} MiB`;
  printLine(
    io.stdout,
    `${colors.green('✓')} Proved: a model and its gradients ran on ${on} as in JavaScript (${time})`,
  );
  if (!gpu || proof.device === 'cuda') return;
  printLine(
    io.stdout,
    `${colors.yellow('–')} Unproved on hardware: TensorFlow found no NVIDIA GPU, or no driver for it.`,
  );
  printLine(io.stdout, '  The files stay. Run `assay setup tensorflow --gpu` again to prove them.');
}
