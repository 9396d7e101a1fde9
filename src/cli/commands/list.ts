import { EXIT } from '#pipeline/exit-codes';
import type { Plugin } from '#plugin/plugin';
import { AREAS } from '#report/report';
import { examples } from '../help.js';
import { colorsFor, printJson, printLine, type Io } from '../io.js';
import { shared } from '../options.js';
import { registryOf } from '../prepare.js';
import { pairs } from '../print/table.js';
import { oneLine } from '../print/text.js';
import type { AddCommand } from '../add-command.js';

interface Flags {
  readonly plugin?: readonly string[];
  readonly json?: true;
}

export const addList: AddCommand = (program, io, finish) => {
  program
    .command('list')
    .summary('the plugins, by area')
    .description('Lists the attacks, defenses and probes that a config can name.')
    .addOption(shared.plugin())
    .addOption(shared.json())
    .addHelpText('after', examples(['assay list', 'assay list --json', 'assay list --plugin ./my-attack.js']))
    .action(async (flags: Flags) => {
      const registry = await registryOf(flags.plugin ?? [], io.cwd);
      print([...registry.plugins.values()], flags, io);
      finish(EXIT.passed);
    });
};

function print(plugins: readonly Plugin[], flags: Flags, io: Io): void {
  if (flags.json) {
    printJson(
      io,
      plugins.map(({ id, kind, area, severity, title, needs, data }) => ({
        id,
        kind,
        area,
        severity,
        title,
        needs,
        data,
      })),
    );
    return;
  }
  const colors = colorsFor(io.stdout, io.env);
  for (const area of AREAS) {
    const inArea = plugins.filter((plugin) => plugin.area === area);
    if (inArea.length === 0) continue;
    printLine(io.stdout, colors.bold(area));
    const rows = inArea.map(({ id, title }) => [`  ${oneLine(id)}`, oneLine(title)] as const);
    printLine(io.stdout, pairs(rows));
    printLine(io.stdout);
  }
  printLine(io.stdout, '`assay show <plugin>` says what one does, with its options.');
}
