import { Argument } from 'commander';
import { removeCuda, removeTensorFlow } from '#engine/index';
import { EXIT, type ExitCode } from '#pipeline/exit-codes';
import { examples } from '../help.js';
import { printJson, printLine, type Io } from '../io.js';
import { shared } from '../options.js';
import type { AddCommand } from '../add-command.js';
import type { SetupFlags } from '../setup/flags.js';
import { requireGpu, setUpOnnx } from '../setup/onnx.js';
import { setUpNativeTensorFlow } from '../setup/tensorflow.js';

export const addSetup: AddCommand = (program, io, finish) => {
  program
    .command('setup')
    .summary('install what the package does not carry')
    .description(
      "onnx --gpu: ONNX Runtime's CUDA provider and NVIDIA's libraries for it (1.6 GB to download, 2.4 GB on disk).\n" +
        "tensorflow: TensorFlow's own kernels for the tfjs engine (0.3 GB to download, 0.9 GB on disk), and with --gpu " +
        "those for NVIDIA GPUs and NVIDIA's libraries (3.3 GB, 5.2 GB); it takes a C++ compiler.\n" +
        "Into the user's cache, through the pip and the npm of this machine, and proved with a model and its gradient.",
    )
    .addArgument(new Argument('<engine>', 'what to set up').choices(['onnx', 'tensorflow']))
    .option('--gpu', 'for NVIDIA GPUs')
    .option('--from <path>', "TensorFlow's wheel, or a folder with it and what else is needed, without a network")
    .option('--remove', 'remove it again')
    .option('--python <command>', 'the Python whose pip fetches it', 'python3')
    .addOption(shared.quiet())
    .addOption(shared.json())
    .addHelpText(
      'after',
      examples(['assay setup onnx --gpu', 'assay setup tensorflow', 'assay setup tensorflow --remove']),
    )
    .action(async (engine: 'onnx' | 'tensorflow', flags: SetupFlags) => {
      finish(engine === 'onnx' ? await onnx(flags, io) : await tensorflow(flags, io));
    });
};

async function onnx(flags: SetupFlags, io: Io): Promise<ExitCode> {
  requireGpu(flags);
  return flags.remove ? removed(removeCuda(io.env), flags, io) : setUpOnnx(flags, io);
}

async function tensorflow(flags: SetupFlags, io: Io): Promise<ExitCode> {
  return flags.remove ? removed(removeTensorFlow(io.env), flags, io) : setUpNativeTensorFlow(flags, io);
}

function removed(folder: string | null, flags: SetupFlags, io: Io): ExitCode {
  if (flags.json) printJson(io, { removed: folder });
  else printLine(io.stdout, folder === null ? 'Nothing to remove: it is not installed.' : `Removed ${folder}.`);
  return EXIT.passed;
}
