import type { RunResult } from '#pipeline/types';
import { examples } from '../help.js';
import { colorsFor, printJson, printLine, type Io } from '../io.js';
import { shared } from '../options.js';
import { summaryForMachines, summaryOf } from '../print/summary.js';
import type { AddCommand } from '../add-command.js';
import { addStepSummary, runConfig, type RunFlags } from '../run.js';

type Flags = RunFlags & { readonly json?: true };

export const addAudit: AddCommand = (program, io, finish) => {
  program
    .command('audit')
    .summary('plan, run, judge, gate, report')
    .description('Runs every audit of a config and writes a run folder; the exit code is the decision of the gate.')
    .argument('[config]', 'the config; default: assay.config.* of this folder')
    .option('--resume [run]', 'go on with the newest unfinished run of this config, or with the run folder named')
    .addOption(shared.only())
    .addOption(shared.sample())
    .addOption(shared.seed())
    .addOption(shared.device())
    .addOption(shared.policy())
    .addOption(shared.baseline())
    .addOption(shared.out())
    .addOption(shared.batchSize())
    .addOption(shared.workers())
    .addOption(shared.allowCode())
    .addOption(shared.quiet())
    .addOption(shared.json())
    .addHelpText(
      'after',
      examples([
        'assay audit',
        'assay audit assay.config.json --only evasion/pgd --sample 100',
        'assay audit assay.config.json --resume',
        'assay audit assay.config.json --quiet --json > result.json',
      ]),
    )
    .action(async (config: string | undefined, flags: Flags) => {
      const result = await runConfig(config, flags, io);
      print(result, flags, io);
      await addStepSummary(result.folder, io);
      finish(result.exitCode);
    });
};

function print(result: RunResult, flags: Flags, io: Io): void {
  const { report, folder, files } = result;
  if (flags.json) {
    printJson(io, summaryForMachines(folder, report, files));
    return;
  }
  printLine(io.stdout, summaryOf(report, colorsFor(io.stdout, io.env)));
  printLine(io.stdout);
  for (const file of files) printLine(io.stdout, file);
}
