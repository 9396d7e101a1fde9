import { builtinAnonymizing } from '#builtin';
import { anonymizeTable, type Anonymized, type AnonymizeEvent } from '#pipeline/anonymizing/anonymize';
import type { AnonymizationCertificate, Utility } from '#report/anonymization';
import { formatCount, formatNumber, formatPercent } from '#reports/format';
import { anonymizationPage } from '#reports/html/anonymization';
import { examples } from '../help.js';
import { interruptible } from '../interrupt.js';
import { colorsFor, printJson, printLine, type Io } from '../io.js';
import { given, shared } from '../options.js';
import { prepare, type ConfigFlags, type PlanFlags } from '../prepare.js';
import { pairs, table, type Column } from '../print/table.js';
import { oneLine } from '../print/text.js';
import type { AddCommand } from '../add-command.js';
import { isTableFile, printSuggestions } from '../print/columns.js';

interface Flags extends Pick<ConfigFlags, 'allowCode' | 'out'>, Pick<PlanFlags, 'seed'> {
  readonly quiet?: true;
  readonly json?: true;
}

export const addAnonymize: AddCommand = (program, io, finish) => {
  program
    .command('anonymize')
    .summary('a protected table, its risk and what it cost')
    .description(
      'Makes a copy of `data.table` that meets the privacy models of the config, and writes it with a certificate and a page. ' +
        'Where no table meets them, none is written. Of a table instead of a config it says what its columns seem to be.',
    )
    .argument('[config]', 'the config, or a table to look at; default: assay.config.* of this folder')
    .addOption(shared.seed())
    .addOption(shared.out())
    .addOption(shared.allowCode())
    .addOption(shared.quiet())
    .addOption(shared.json())
    .addHelpText('after', examples(['assay anonymize people.csv', 'assay anonymize assay.config.json']))
    .action(async (config: string | undefined, flags: Flags) => {
      if (config !== undefined && isTableFile(config)) {
        await printSuggestions(config, flags.json === true, io);
        return;
      }
      const anonymized = await anonymize(config, flags, io);
      if (flags.json) printJson(io, { folder: anonymized.folder, ...anonymized.certificate });
      else print(anonymized, io);
      finish(anonymized.exitCode);
    });
};

async function anonymize(config: string | undefined, flags: Flags, io: Io): Promise<Anonymized> {
  const { loaded } = await prepare(config, flags, io);
  const { seed, quiet = false } = flags;
  return interruptible(
    io,
    (signal) =>
      anonymizeTable(loaded, builtinAnonymizing, {
        ...given({ seed }),
        signal,
        page: anonymizationPage,
        on: quiet ? () => undefined : sayer(io),
      }),
    'Stopping; nothing is written.',
  );
}

/** A line for each part of the work, and one more whenever ten seconds have passed. */
function sayer(io: Io): (event: AnonymizeEvent) => void {
  let [part, said] = ['', 0];
  return (event) => {
    if (event.kind !== 'progress') return;
    const { what, done, total } = event;
    if (what === part && Date.now() - said < 10_000) return;
    [part, said] = [what, Date.now()];
    printLine(io.stderr, done === 0 ? what : `${what}: ${formatCount(done)} of ${formatCount(total)}`);
  };
}

const NUMBERS: readonly Column[] = [
  { label: '' },
  { label: 'before', align: 'right' },
  { label: 'after', align: 'right' },
];

function print({ certificate, files }: Anonymized, io: Io): void {
  const colors = colorsFor(io.stdout, io.env);
  const { refused, policy, method } = certificate;
  const met = `${policy.models.map(oneLine).join(', ')}: met by ${oneLine(method.name)}.`;
  printLine(io.stdout, refused === null ? colors.green(met) : colors.red(`No table was written. ${oneLine(refused)}`));
  printLine(io.stdout);
  printLine(io.stdout, table(NUMBERS, [...riskRows(certificate), ...certificate.utility.map(utilityRow)]));
  printLine(io.stdout);
  printLine(io.stdout, pairs(certificate.columns.map(({ name, what }) => [oneLine(name), oneLine(what)])));
  printUndeclared(certificate, io);
  printLine(io.stdout);
  for (const file of files) printLine(io.stdout, file);
}

/** The page has them all. */
const MOST_UNDECLARED = 6;

function printUndeclared({ undeclared }: AnonymizationCertificate, io: Io): void {
  const shown = undeclared.slice(0, MOST_UNDECLARED);
  for (const { sentence } of shown) printLine(io.stdout, `Undeclared: ${oneLine(sentence)}`);
  const left = undeclared.length - shown.length;
  if (left > 0) printLine(io.stdout, `Undeclared: ${formatCount(left)} more on the page.`);
}

function riskRows({ risk: { before, after } }: AnonymizationCertificate): string[][] {
  const row = (label: string, of: (risk: typeof before) => string) => [
    label,
    of(before),
    after === null ? '' : of(after),
  ];
  const rows = [
    row('Records', ({ records }) => formatCount(records)),
    row('Suppressed', ({ suppressed }) => formatCount(suppressed)),
    row('Smallest class', ({ smallestClass }) => formatCount(smallestClass)),
    row('Records that no other agrees with', ({ uniques }) => formatCount(uniques)),
    row('Highest prosecutor risk', ({ prosecutor }) => formatPercent(prosecutor.highest)),
    row('Average prosecutor risk', ({ prosecutor }) => formatPercent(prosecutor.average)),
    row('Marketer risk', ({ marketer }) => (marketer === null ? '' : formatPercent(marketer))),
    row('Unique in the population', ({ populationUniques }) =>
      populationUniques?.share == null ? '' : formatPercent(populationUniques.share),
    ),
  ];
  return rows.filter(([, unprotected, made]) => unprotected !== '' || made !== '');
}

function utilityRow({ label, format, before, after }: Utility): string[] {
  const inPrint = (value: number | null): string => {
    if (value === null) return '';
    if (format === 'rate') return formatPercent(value);
    return format === 'count' ? formatCount(value) : formatNumber(value);
  };
  return [oneLine(label), inPrint(before), inPrint(after)];
}
