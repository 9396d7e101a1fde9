import { EXIT } from '#pipeline/exit-codes';
import { renderRun } from '#pipeline/render';
import { reporters } from '#reports/index';
import { examples } from '../help.js';
import { printJson, printLine } from '../io.js';
import { shared } from '../options.js';
import type { AddCommand } from '../program.js';

export const addReport: AddCommand = (program, io, finish) => {
  program
    .command('report')
    .summary('write the pages of a run again')
    .description('Renders the report of a run again, without judging it and without running the model.')
    .argument('<run>', 'a run folder that `assay audit` made')
    .addOption(shared.json())
    .addHelpText('after', examples(['assay report assay-runs/2026-11-23T17-30-00Z-3f2a91c0']))
    .action(async (run: string, flags: { readonly json?: true }) => {
      const files = await renderRun(run, reporters);
      if (flags.json) printJson(io, { run, files });
      else for (const file of files) printLine(io.stdout, file);
      finish(EXIT.passed);
    });
};
