import { loadPolicy } from '#config/policy';
import { judgeRun } from '#pipeline/judge';
import { examples } from '../help.js';
import { colorsFor, printJson, printLine } from '../io.js';
import { given, shared } from '../options.js';
import { registryOf } from '../prepare.js';
import { summaryForMachines, summaryOf } from '../print/summary.js';
import type { AddCommand } from '../program.js';

interface Flags {
  readonly policy?: string;
  readonly plugin?: readonly string[];
  readonly json?: true;
}

export const addGate: AddCommand = (program, io, finish) => {
  program
    .command('gate')
    .summary('decide again over a run, by another policy')
    .description('Judges the evidence of a run again, without running the model; the exit code is the decision.')
    .argument('<run>', 'a run folder that `assay audit` made')
    .addOption(shared.policy())
    .addOption(shared.plugin())
    .addOption(shared.json())
    .addHelpText('after', examples(['assay gate assay-runs/2026-11-23T17-30-00Z-3f2a91c0 --policy strict.policy.json']))
    .action(async (run: string, flags: Flags) => {
      const registry = await registryOf(flags.plugin ?? [], io.cwd);
      const policy = flags.policy === undefined ? undefined : await loadPolicy(flags.policy, io.cwd);
      const report = judgeRun(run, registry, given({ policy }));
      if (flags.json) printJson(io, summaryForMachines(run, report, []));
      else printLine(io.stdout, summaryOf(report, colorsFor(io.stdout, io.env)));
      finish(report.gate.exitCode);
    });
};
