import { EXIT } from '#pipeline/exit-codes';
import { optionRows } from '#plugin/page';
import { clauseLines } from '#report/clauses';
import type { Plugin } from '#plugin/plugin';
import { examples } from '../help.js';
import { colorsFor, printJson, printLine, type Colors } from '../io.js';
import { shared } from '../options.js';
import { registryOf } from '../prepare.js';
import { oneLine, wrap } from '../print/text.js';
import type { AddCommand } from '../add-command.js';

interface Flags {
  readonly plugin?: readonly string[];
  readonly json?: true;
}

const TEXT_WIDTH = 92;

export const addShow: AddCommand = (program, io, finish) => {
  program
    .command('show')
    .summary('one plugin: what it does, its options and thresholds')
    .description('Shows what a plugin does, its options with their defaults, and the thresholds that a policy may set.')
    .argument('<plugin>', 'the id of a plugin, such as evasion/pgd')
    .addOption(shared.plugin())
    .addOption(shared.json())
    .addHelpText('after', examples(['assay show evasion/pgd', 'assay show anonymization/k-anonymity --json']))
    .action(async (id: string, flags: Flags) => {
      const registry = await registryOf(flags.plugin ?? [], io.cwd);
      const plugin = registry.get(id);
      if (flags.json) printJson(io, forMachines(plugin));
      else printLine(io.stdout, page(plugin, colorsFor(io.stdout, io.env)));
      finish(EXIT.passed);
    });
};

function page(plugin: Plugin, colors: Colors): string {
  const presets = Object.entries(plugin.presets).map(([preset, bars]) => `preset ${preset}: ${JSON.stringify(bars)}`);
  return [
    `${colors.bold(oneLine(plugin.id))} (${plugin.kind}, severity ${plugin.severity})`,
    `${oneLine(plugin.title)} / ${oneLine(plugin.failureTitle)}`,
    ...section('What it does', [plugin.description], colors),
    ...(plugin.threat === null ? [] : section('Who the adversary is', [plugin.threat], colors)),
    ...section('Needs', needsOf(plugin), colors),
    ...section('Options', optionLines(plugin.options), colors),
    ...section('Thresholds of a policy', [...optionLines(plugin.policy), ...presets], colors),
    ...section('What to do about a failure', [plugin.advice], colors),
    ...section('Evidence toward', clauseLines(plugin.frameworks), colors),
    ...section('Sources', plugin.sources, colors),
  ].join('\n');
}

function section(title: string, entries: readonly string[], colors: Colors): string[] {
  const shown = entries.length === 0 ? ['none'] : entries;
  return ['', colors.bold(title), ...shown.flatMap((entry) => hanging(oneLine(entry)))];
}

/** An entry below its section: its further lines stand two columns to the right of its first. */
function hanging(entry: string): string[] {
  return wrap(entry, TEXT_WIDTH).map((line, i) => (i === 0 ? `  ${line}` : `    ${line}`));
}

function needsOf({ needs, data }: Plugin): string[] {
  return [
    `of the target: ${needs.length === 0 ? 'nothing' : needs.join(', ')}`,
    `of the data: ${data.length === 0 ? 'nothing' : data.join(', ')}`,
  ];
}

function optionLines(schema: Plugin['options']): string[] {
  const required = new Set(schema.required);
  return optionRows(schema).map(({ name, accepts, fallback, description }) => {
    const byDefault = fallback === null ? (required.has(name) ? 'required' : 'optional') : `default ${fallback}`;
    return `${name}: ${accepts}; ${byDefault}. ${description}`;
  });
}

/** All that is data: the functions are left out. */
function forMachines(plugin: Plugin): object {
  return Object.fromEntries(Object.entries(plugin).filter(([, value]) => typeof value !== 'function'));
}
