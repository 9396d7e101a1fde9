import { packageVersion } from '#base/package-root';
import {
  describeNativeTensorFlow,
  fastestOf,
  proveDevices,
  type DeviceProof,
  type NativeTensorFlowDescription,
} from '#engine/index';
import { EXIT } from '#pipeline/exit-codes';
import { formatCount } from '#reports/format';
import { deviceLines } from '../doctor/devices.js';
import { machine, OLDEST_NODE, runtimeVersion, type Machine } from '../doctor/machine.js';
import { tensorFlowLine } from '../doctor/tensorflow.js';
import { examples } from '../help.js';
import { interruptible } from '../interrupt.js';
import { colorsFor, printJson, printLine, type Colors, type Io } from '../io.js';
import { shared } from '../options.js';
import { pairs } from '../print/table.js';
import { oneLine } from '../print/text.js';
import type { AddCommand } from '../add-command.js';

interface Diagnosis {
  readonly version: string;
  readonly machine: Machine;
  readonly runtime: string | null;
  readonly devices: readonly DeviceProof[];
  /** The device that `auto` takes. */
  readonly auto: DeviceProof['device'];
  /** What TensorFlow.js runs on. */
  readonly tensorflow: NativeTensorFlowDescription;
}

export const addDoctor: AddCommand = (program, io, finish) => {
  program
    .command('doctor')
    .summary('what works on this machine, and how to get the rest')
    .description(
      'Checks Node, ONNX Runtime and the machine, and runs a model with its gradient on every device, each in a process of its own.',
    )
    .addOption(shared.json())
    .addHelpText('after', examples(['assay doctor', 'assay doctor --json']))
    .action(async (flags: { readonly json?: true }) => {
      const devices = await interruptible(io, proveDevices, 'Stopping.');
      const diagnosis: Diagnosis = {
        version: packageVersion(),
        machine: machine(),
        runtime: runtimeVersion(),
        devices,
        auto: fastestOf(devices),
        tensorflow: describeNativeTensorFlow(io.env),
      };
      if (flags.json) printJson(io, diagnosis);
      else print(diagnosis, io);
      finish(isHealthy(diagnosis) ? EXIT.passed : EXIT.undecided);
    });
};

function isHealthy({ machine, devices }: Diagnosis): boolean {
  return machine.nodeIsNewEnough && devices.some(({ device, works }) => device === 'cpu' && works);
}

function print(diagnosis: Diagnosis, io: Io): void {
  const colors = colorsFor(io.stdout, io.env);
  const { version, machine: found, runtime } = diagnosis;
  printLine(
    io.stdout,
    pairs([
      ['assay', version],
      ['node', nodeLine(found, colors)],
      ['system', found.platform],
      ['processor', `${oneLine(found.cpu)}, ${found.cores} cores${featureList(found)}`],
      ['memory', `${formatCount(found.memoryMiB.total)} MiB, ${formatCount(found.memoryMiB.free)} MiB free`],
      [
        'onnxruntime-node',
        runtime ?? `${colors.red('✕')} not installed. Install Assay again: npm install --ignore-scripts assay`,
      ],
      ...deviceLines(diagnosis.devices, diagnosis.auto, colors),
      ['tensorflow.js', tensorFlowLine(diagnosis.tensorflow, colors)],
    ]),
  );
  printLine(io.stdout);
  printLine(
    io.stdout,
    isHealthy(diagnosis) ? 'Everything that this version of Assay needs works here.' : 'Assay cannot run here.',
  );
}

function nodeLine({ node, nodeIsNewEnough }: Machine, colors: Colors): string {
  if (nodeIsNewEnough) return `${colors.green('✓')} ${node}`;
  return `${colors.red('✕')} ${node}: Assay needs ${OLDEST_NODE.join('.')} or newer. Install it from your system's packages.`;
}

function featureList({ features }: Machine): string {
  return features === null || features.length === 0 ? '' : ` (${features.join(', ')})`;
}
