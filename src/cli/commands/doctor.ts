import { packageVersion } from '#base/package-root';
import { EXIT } from '#pipeline/exit-codes';
import { formatCount } from '#reports/format';
import { askProbe } from '../doctor/ask-probe.js';
import { machine, OLDEST_NODE, runtimeVersion, type Machine } from '../doctor/machine.js';
import type { ProbeResult } from '../doctor/probe.js';
import { examples } from '../help.js';
import { colorsFor, printJson, printLine, type Colors, type Io } from '../io.js';
import { shared } from '../options.js';
import { pairs } from '../print/table.js';
import { oneLine } from '../print/text.js';
import type { AddCommand } from '../program.js';

interface Diagnosis {
  readonly version: string;
  readonly machine: Machine;
  readonly runtime: string | null;
  readonly probe: ProbeResult;
}

export const addDoctor: AddCommand = (program, io, finish) => {
  program
    .command('doctor')
    .summary('what works on this machine, and how to get the rest')
    .description(
      'Checks Node, ONNX Runtime and the machine, and runs a bundled model with its gradient in a worker process.',
    )
    .addOption(shared.json())
    .addHelpText('after', examples(['assay doctor', 'assay doctor --json']))
    .action(async (flags: { readonly json?: true }) => {
      const diagnosis = {
        version: packageVersion(),
        machine: machine(),
        runtime: runtimeVersion(),
        probe: await askProbe(),
      };
      if (flags.json) printJson(io, diagnosis);
      else print(diagnosis, io);
      finish(isHealthy(diagnosis) ? EXIT.passed : EXIT.undecided);
    });
};

function isHealthy({ machine, probe }: Diagnosis): boolean {
  return machine.nodeIsNewEnough && probe.kind === 'works';
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
      ...probeLines(diagnosis.probe, colors),
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

function probeLines(probe: ProbeResult, colors: Colors): [string, string][] {
  if (probe.kind === 'fails') {
    return [['worker process', `${colors.red('✕')} ${oneLine(probe.sentence)}`]];
  }
  const has = (name: string) => probe.backends.some((backend) => backend.name === name);
  return [
    [
      'worker process',
      `${colors.green('✓')} ran a model and its gradient in ${Math.round(probe.milliseconds)} ms (${Math.round(probe.rssMiB)} MiB)`,
    ],
    ['cpu', `${colors.green('✓')} every audit runs on it`],
    [
      'webgpu',
      has('webgpu') ? '– inside the package; this version of Assay does not use it yet' : '– not in this package',
    ],
    ['cuda', '– not used by this version of Assay; nothing to install'],
  ];
}
