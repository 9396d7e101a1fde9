import { EXIT } from '#pipeline/exit-codes';
import { planRun } from '#pipeline/plan';
import type { Cell, Plan, PlannedQueries } from '#pipeline/types';
import { counted, formatCount } from '#reports/format';
import { examples } from '../help.js';
import { interruptible } from '../interrupt.js';
import { colorsFor, printJson, printLine, type Colors } from '../io.js';
import { shared } from '../options.js';
import { planOptions, prepare, type ConfigFlags, type PlanFlags } from '../prepare.js';
import { describe } from '../progress.js';
import { pairs, table } from '../print/table.js';
import { oneLine } from '../print/text.js';
import type { AddCommand } from '../add-command.js';

type Flags = ConfigFlags & PlanFlags & { readonly json?: true };

export const addPlan: AddCommand = (program, io, finish) => {
  program
    .command('plan')
    .summary('the cells of an audit and what they cost; runs nothing')
    .description('Checks a config, its model and its data, and lists what `assay audit` would run.')
    .argument('[config]', 'the config; default: assay.config.* of this folder')
    .addOption(shared.only())
    .addOption(shared.sample())
    .addOption(shared.seed())
    .addOption(shared.device())
    .addOption(shared.policy())
    .addOption(shared.baseline())
    .addOption(shared.allowCode())
    .addOption(shared.json())
    .addHelpText('after', examples(['assay plan', 'assay plan assay.config.json --only evasion/pgd --sample 100']))
    .action(async (config: string | undefined, flags: Flags) => {
      const { loaded, registry } = await prepare(config, flags, io);
      const { plan } = await interruptible(io, (signal) => planRun(loaded, registry, planOptions(flags, signal)));
      if (flags.json) printJson(io, plan);
      else printLine(io.stdout, planInWords(plan, colorsFor(io.stdout, io.env)));
      finish(EXIT.passed);
    });
};

function planInWords(plan: Plan, colors: Colors): string {
  const cells = table(
    [
      { label: 'cell' },
      { label: 'audit' },
      { label: 'predictions', align: 'right' },
      { label: 'gradients', align: 'right' },
      { label: 'fate' },
    ],
    plan.cells.map(cellRow),
  );
  return [pairs(facts(plan)), '', cells, '', total(plan, colors)].join('\n');
}

function facts({ target, data, seed, digest, queries }: Plan): [string, string][] {
  return [
    ...(target === null
      ? []
      : ([
          ['target', `${oneLine(target.name)}: ${target.head.kind}, input [${target.domain.shape.join(', ')}]`],
          ['can', target.capabilities.join(', ')],
          ...target.missing.map(({ capability, because }) => [`no ${capability}`, oneLine(because)] as const),
          ...(target.checks ?? [])
            .filter(({ id, holds }) => holds === false || id === 'target/accuracy')
            .map(({ holds, sentence }) => [holds === false ? 'broken' : 'clean', oneLine(sentence)] as const),
        ] as [string, string][])),
    ...data.map(({ role, drawn }): [string, string] => [`${oneLine(role)} data`, oneLine(drawn)]),
    ...(queries === undefined ? [] : ([['queries', queriesInWords(queries)]] as [string, string][])),
    ['seed', String(seed)],
    ['plan', digest.slice(0, 12)],
  ];
}

function queriesInWords({ atMost, budget }: PlannedQueries): string {
  const limit = budget === null ? 'without a budget' : `of a budget of ${formatCount(budget)}`;
  return `at most ${formatCount(atMost)} rows, ${limit}, the planning and a look at the answers before each cell included`;
}

function cellRow(cell: Cell): string[] {
  const { id, cost, fate } = cell;
  return [
    id.slice(0, 12),
    describe(cell),
    formatCount(cost.predictions),
    formatCount(cost.gradients),
    fate.kind === 'run' ? 'runs' : `${fate.kind.replace('-', ' ')}: ${oneLine(fate.because)}`,
  ];
}

function total({ cells }: Plan, colors: Colors): string {
  const running = cells.filter(({ fate }) => fate.kind === 'run');
  const predictions = running.reduce((sum, { cost }) => sum + cost.predictions, 0);
  const gradients = running.reduce((sum, { cost }) => sum + cost.gradients, 0);
  const rows = `at most ${formatCount(predictions)} predictions and ${formatCount(gradients)} gradients`;
  return `${colors.bold(counted(running.length, 'cell'))} to run: ${rows}.`;
}
