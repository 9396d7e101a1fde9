import { resolve } from 'node:path';
import { Option } from 'commander';
import { AssayError } from '#base/errors';
import { closest } from '#config/closest';
import { EXIT } from '#pipeline/exit-codes';
import { renderRun, REPORT_FILE } from '#pipeline/render';
import type { Reporter } from '#plugin/plugin';
import { LANGUAGES, type Language } from '#report/report';
import { reporters } from '#reports/index';
import { examples } from '../help.js';
import { printJson, printLine } from '../io.js';
import { idList, shared } from '../options.js';
import type { AddCommand } from '../add-command.js';

interface Flags {
  readonly format?: readonly string[];
  readonly language?: Language;
  readonly json?: true;
}

/** The report itself is what is rendered, not one of its formats. */
const FORMATS = reporters.filter(({ file }) => file !== REPORT_FILE);

export const addReport: AddCommand = (program, io, finish) => {
  program
    .command('report')
    .summary('write the pages of a run again')
    .description('Renders the report of a run again, without judging it and without running the model.')
    .argument('<run>', 'a run folder that `assay audit` made')
    .addOption(
      new Option(
        '--format <ids>',
        `these only, such as html,sarif: ${FORMATS.map(({ id }) => id).join(', ')}`,
      ).argParser(idList),
    )
    .addOption(new Option('--language <name>', "of the page's own words; default: of the run").choices(LANGUAGES))
    .addOption(shared.json())
    .addHelpText(
      'after',
      examples([
        'assay report assay-runs/2026-11-23T17-30-00Z-3f2a91c0',
        'assay report assay-runs/2026-11-23T17-30-00Z-3f2a91c0 --format html --language de',
      ]),
    )
    .action(async (run: string, flags: Flags) => {
      const files = await renderRun(resolve(io.cwd, run), chosen(flags.format), flags.language);
      if (flags.json) printJson(io, { run, files });
      else for (const file of files) printLine(io.stdout, file);
      finish(EXIT.passed);
    });
};

function chosen(ids: readonly string[] | undefined): readonly Reporter[] {
  if (ids === undefined) return FORMATS;
  return ids.map((id) => {
    const reporter = FORMATS.find((each) => each.id === id);
    if (reporter !== undefined) return reporter;
    const known = FORMATS.map((each) => each.id);
    const meant = closest(id, known);
    throw new AssayError('usage', {
      where: '--format',
      what: `there is no format ${JSON.stringify(id)}${meant === null ? '' : `; the closest is \`${meant}\``}`,
      mend: `There are ${known.join(', ')}.`,
    });
  });
}
