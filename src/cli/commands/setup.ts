import { resolve } from 'node:path';
import { Argument } from 'commander';
import { AssayError } from '#base/errors';
import { installCuda, proveDevice, removeCuda, type CudaInstallation, type DeviceProof } from '#engine/index';
import { EXIT, type ExitCode } from '#pipeline/exit-codes';
import { examples } from '../help.js';
import { interruptible } from '../interrupt.js';
import { colorsFor, printJson, printLine, type Io } from '../io.js';
import { shared } from '../options.js';
import { oneLine } from '../print/text.js';
import type { AddCommand } from '../program.js';

interface Flags {
  readonly gpu?: true;
  readonly remove?: true;
  readonly python: string;
  readonly quiet?: true;
  readonly json?: true;
}

/** The first use of a GPU reads gigabytes of libraries from the disk. */
const FIRST_USE_MS = 180_000;

export const addSetup: AddCommand = (program, io, finish) => {
  program
    .command('setup')
    .summary('install what the package does not carry')
    .description(
      "Installs ONNX Runtime's CUDA provider and NVIDIA's libraries for it (1.6 GB to download, 2.4 GB on disk) into the " +
        "user's cache, through the pip of a Python on this machine, and proves them with a model and its gradient.",
    )
    .addArgument(new Argument('<engine>', 'what to set up').choices(['onnx']))
    .option('--gpu', 'the CUDA provider for NVIDIA GPUs')
    .option('--remove', 'remove it again')
    .option('--python <command>', 'the Python whose pip fetches it', 'python3')
    .addOption(shared.quiet())
    .addOption(shared.json())
    .addHelpText('after', examples(['assay setup onnx --gpu', 'assay setup onnx --gpu --remove']))
    .action(async (_engine: string, flags: Flags) => {
      requireGpu(flags);
      finish(flags.remove ? remove(flags, io) : await install(flags, io));
    });
};

function requireGpu({ gpu }: Flags): void {
  if (gpu) return;
  throw new AssayError('usage', {
    what: 'the ONNX engine needs no setup but for NVIDIA GPUs',
    mend: 'Add --gpu for those: assay setup onnx --gpu',
  });
}

function remove(flags: Flags, io: Io): ExitCode {
  const folder = removeCuda(io.env);
  if (flags.json) printJson(io, { removed: folder });
  else printLine(io.stdout, folder === null ? 'Nothing to remove: it is not installed.' : `Removed ${folder}.`);
  return EXIT.passed;
}

async function install(flags: Flags, io: Io): Promise<ExitCode> {
  const tell = (line: string) => {
    if (!flags.quiet) printLine(io.stderr, oneLine(line));
  };
  const { installation, fetched } = await interruptible(
    io,
    (signal) => installCuda({ python: pythonOf(flags, io), env: io.env, onLine: tell, signal }),
    'Stopping; press Ctrl-C again to stop at once.',
  );
  tell('Running a model and its gradient on the GPU ...');
  const proof = await proveDevice('cuda', { timeoutMs: FIRST_USE_MS });
  const { version, folder, bytes } = installation;
  if (flags.json) printJson(io, { version, folder, bytes, fetched, proof });
  else print(installation, fetched !== null, proof, io);
  return proof.works ? EXIT.passed : EXIT.undecided;
}

/** A path is the user's, from where they are; a name is looked up by the system. */
function pythonOf({ python }: Flags, io: Io): string {
  return /[\\/]/.test(python) ? resolve(io.cwd, python) : python;
}

function print({ version, folder, bytes }: CudaInstallation, isNew: boolean, proof: DeviceProof, io: Io): void {
  const colors = colorsFor(io.stdout, io.env);
  const size = `${(bytes / 1e9).toFixed(1)} GB`;
  const state = isNew ? 'Installed' : 'Already installed:';
  printLine(io.stdout, `${colors.green('✓')} ${state} ONNX Runtime's CUDA provider ${version} (${size}) in ${folder}`);
  if (proof.works) {
    const times = `${Math.round(proof.milliseconds)} ms, ${Math.round(proof.cpuMilliseconds)} ms on the CPU`;
    printLine(io.stdout, `${colors.green('✓')} Proved: a model and its gradient ran on the GPU (${times})`);
    return;
  }
  const reason = [`${proof.because}.`, ...(proof.mend === null ? [] : [proof.mend])].join(' ');
  printLine(io.stdout, `${colors.yellow('–')} Unproved on hardware: ${oneLine(reason)}`);
  printLine(io.stdout, '  The files stay. Run `assay setup onnx --gpu` again to prove them.');
}
