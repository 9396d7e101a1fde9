import { resolve } from 'node:path';
import { readBaseline } from '#config/baseline';
import { loadPolicy } from '#config/policy';
import { requireRunOf } from '#pipeline/belongs';
import { judgeRun } from '#pipeline/judge';
import type { GateOptions } from '#pipeline/types';
import type { Registry } from '#plugin/registry';
import { examples } from '../help.js';
import { colorsFor, printJson, printLine, type Io } from '../io.js';
import { given, shared } from '../options.js';
import { prepare, registryOf } from '../prepare.js';
import { decisionOf } from '../print/gate.js';
import { summaryForMachines } from '../print/summary.js';
import type { AddCommand } from '../add-command.js';

interface Flags {
  readonly policy?: string;
  readonly baseline?: string;
  readonly config?: string;
  readonly allowCode?: true;
  readonly plugin?: readonly string[];
  readonly json?: true;
}

export const addGate: AddCommand = (program, io, finish) => {
  program
    .command('gate')
    .summary('decide again over a run, by another policy or baseline')
    .description(
      'Judges the evidence of a run again, without running the model, and prints what was expected, what was found and ' +
        'every value; the exit code is the decision.',
    )
    .argument('<run>', 'a run folder that `assay audit` made')
    .addOption(shared.policy())
    .addOption(shared.baseline())
    .option(
      '--config <file>',
      'refuse a run that is not of this config, its model and its data as they are now; decide by its policy and baseline',
    )
    .addOption(shared.allowCode())
    .addOption(shared.plugin())
    .addOption(shared.json())
    .addHelpText(
      'after',
      examples([
        'assay gate assay-runs/2026-11-23T17-30-00Z-3f2a91c0 --policy strict.policy.json',
        'assay gate assay-runs/2026-11-23T17-30-00Z-3f2a91c0 --config assay.config.json',
      ]),
    )
    .action(async (run: string, flags: Flags) => {
      const folder = resolve(io.cwd, run);
      const { registry, options } = await rulesOf(folder, flags, io);
      const report = judgeRun(folder, registry, options);
      if (flags.json) printJson(io, summaryForMachines(run, report, []));
      else printLine(io.stdout, decisionOf(report, colorsFor(io.stdout, io.env)));
      finish(report.gate.exitCode);
    });
};

interface Rules {
  readonly registry: Registry;
  readonly options: GateOptions;
}

/** By what is decided: what the command line names, else what the config names, else what the run was started with. */
async function rulesOf(folder: string, flags: Flags, io: Io): Promise<Rules> {
  const { policy, baseline, plugin = [], config, allowCode } = flags;
  if (config !== undefined) {
    const { loaded, registry } = await prepare(config, given({ policy, baseline, allowCode }), io);
    await requireRunOf(folder, loaded);
    return { registry, options: { policy: loaded.policy, ...given({ baseline: loaded.baseline ?? undefined }) } };
  }
  return {
    registry: await registryOf(plugin, io.cwd),
    options: given({
      policy: policy === undefined ? undefined : await loadPolicy(policy, io.cwd),
      baseline: baseline === undefined ? undefined : ((await readBaseline(baseline, io.cwd)) ?? undefined),
    }),
  };
}
