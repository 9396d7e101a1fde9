import type { Blessed } from '#pipeline/baseline/bless';
import { EXIT } from '#pipeline/exit-codes';
import { counted, formatCount, formatPercent } from '#reports/format';
import { examples } from '../help.js';
import { printJson, printLine } from '../io.js';
import { bless } from '../../api/bless.js';
import { shared } from '../options.js';
import { table } from '../print/table.js';
import { oneLine } from '../print/text.js';
import type { AddCommand } from '../add-command.js';

interface Flags {
  readonly out: string;
  readonly plugin?: readonly string[];
  readonly json?: true;
}

export const addBless: AddCommand = (program, io, finish) => {
  program
    .command('bless')
    .summary('make a run the baseline that later runs are compared with')
    .description(
      'Writes what a run found for each sample, to be committed beside the config; `baseline` in the config names it. ' +
        'Later runs are held against it by paired tests, and the gate does not pass what has become worse.',
    )
    .argument('<run>', 'a run folder that `assay audit` made')
    .option('--out <file>', 'where the baseline is written', 'assay.baseline.json')
    .addOption(shared.plugin())
    .addOption(shared.json())
    .addHelpText('after', examples(['assay bless assay-runs/2026-11-23T17-30-00Z-3f2a91c0']))
    .action(async (run: string, flags: Flags) => {
      const { out, plugin: plugins = [] } = flags;
      const blessed = await bless(run, { out, plugins, cwd: io.cwd });
      const { file, baseline, left } = blessed;
      if (flags.json) printJson(io, { file, baseline, left });
      else printLine(io.stdout, inWords(blessed, flags.out));
      finish(EXIT.passed);
    });
};

function inWords({ baseline, left }: Blessed, file: string): string {
  const rows = baseline.cells.flatMap(({ audit, outcomes }) =>
    outcomes.map(({ label, held, n }) => [
      ...[oneLine(audit), oneLine(label)],
      ...[formatPercent(held / n), formatCount(n)],
    ]),
  );
  const columns = [
    { label: 'audit' },
    { label: 'rate' },
    { label: 'value', align: 'right' },
    { label: 'n', align: 'right' },
  ] as const;
  const rest =
    left.length === 0
      ? []
      : [
          `${counted(left.length, 'audit has', 'audits have')} no outcome for each sample and will not be compared: ${left.map(oneLine).join(', ')}.`,
        ];
  return [
    table(columns, rows),
    '',
    ...rest,
    `${oneLine(file)} is written. Name it as \`baseline\` in the config, and commit it.`,
  ].join('\n');
}
