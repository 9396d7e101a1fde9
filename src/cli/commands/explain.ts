import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { builtinExplaining } from '#builtin';
import { AssayError } from '#base/errors';
import { explainTarget, type Explanation } from '#pipeline/explaining/explain';
import { sampleRequestOf, type SampleRequest } from '#pipeline/explaining/sample';
import { formatNumber, formatPercent } from '#reports/format';
import { explanationPage } from '#reports/html/explanation';
import { explainProgressOn } from '../explain-progress.js';
import { liveLinesOn } from '../live-lines.js';
import { examples } from '../help.js';
import { interruptible } from '../interrupt.js';
import { colorsFor, printJson, printLine, type Io } from '../io.js';
import { given, idList, shared, wholeNumber } from '../options.js';
import { prepare, type ConfigFlags, type PlanFlags } from '../prepare.js';
import { table, type Column } from '../print/table.js';
import { oneLine } from '../print/text.js';
import type { AddCommand } from '../add-command.js';

interface Flags extends Pick<ConfigFlags, 'allowCode' | 'out'>, PlanFlags {
  readonly text?: string;
  readonly score?: string;
  readonly quiet?: true;
  readonly json?: true;
}

export const addExplain: AddCommand = (program, io, finish) => {
  program
    .command('explain')
    .summary('one decision, every explainer side by side')
    .description(
      'Explains one score of one sample by every explainer that fits the model, and writes one page with all of them, how far ' +
        'they agree, and whether the model bears them out.',
    )
    .argument('<config>', 'the config, as for `assay audit`')
    .argument(
      '[sample]',
      'an index of `data.test`, the path of a picture, or a row of a table as JSON; default: the model as a whole',
    )
    .option('--text <text>', 'the text that is explained, of a model of texts')
    .addOption(
      new Option('--score <name>', 'the score that is explained: predicted, true, a label or an index').argParser(word),
    )
    .addOption(new Option('--only <ids>', 'ask these explainers only').argParser(idList))
    .addOption(new Option('--sample <n>', 'draw this many background samples').argParser(wholeNumber(1)))
    .addOption(shared.seed())
    .addOption(shared.device())
    .addOption(shared.out())
    .addOption(shared.allowCode())
    .addOption(shared.quiet())
    .addOption(shared.json())
    .addHelpText(
      'after',
      examples([
        'assay explain assay.config.json 17',
        'assay explain assay.config.json 17 --score Bag --only integrated-gradients,grad-cam',
        'assay explain assay.config.json photo.png',
        `assay explain assay.config.json '{"Age": 31, "Home": "rent"}'`,
        'assay explain assay.config.json',
      ]),
    )
    .action(async (config: string, sample: string | undefined, flags: Flags) => {
      const explained = await explain(config, requestOf(sample, flags, io), flags, io);
      if (flags.json) printJson(io, { folder: explained.folder, ...explained.record });
      else print(explained, io);
      finish(explained.exitCode);
    });
};

function word(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('It has to name a score.');
}

function requestOf(sample: string | undefined, { text, score, only }: Flags, io: Io): SampleRequest | null {
  if (text !== undefined && sample === undefined) return { kind: 'text', text };
  if (text === undefined && sample !== undefined) return sampleRequestOf(sample, (path) => resolve(io.cwd, path));
  if (text !== undefined) {
    throw new AssayError('usage', {
      what: 'a sample and a text are named, and one input is explained',
      mend: 'Leave out one of them.',
    });
  }
  if (score === undefined && only === undefined) return null;
  throw new AssayError('usage', {
    what: `no sample is named, and ${score === undefined ? '--only' : '--score'} is of one`,
    mend: 'Name an index of `data.test`, a picture, a row as JSON, or a text with `--text`.',
  });
}

async function explain(config: string, request: SampleRequest | null, flags: Flags, io: Io): Promise<Explanation> {
  const { loaded } = await prepare(config, flags, io);
  const { score, only, sample, seed, device, quiet = false } = flags;
  const progress = explainProgressOn(io, { quiet, lines: await liveLinesOn(io) });
  try {
    return await interruptible(
      io,
      (signal) =>
        explainTarget(loaded, builtinExplaining, {
          ...given({ score, only, sample, seed, device }),
          ...{ request, signal, page: explanationPage, on: progress.on },
        }),
      'Stopping; nothing is written.',
    );
  } finally {
    progress.end();
  }
}

const COLUMNS: readonly Column[] = [
  { label: 'explainer' },
  { label: '' },
  { label: 'the most important', align: 'left' },
  { label: 'beats random: deletion', align: 'right' },
  { label: 'insertion', align: 'right' },
];

/** What the model was asked besides. */
function saidOf({ model }: Explanation['record']): string[] {
  return (model?.explainers ?? []).flatMap(({ id, because, statements }) => [
    ...(because === null ? statements : [`${id}: ${because}`]),
  ]);
}

function print({ record, files }: Explanation, io: Io): void {
  const { decision, target } = record;
  if (decision === null) {
    printLine(io.stdout, `${oneLine(target.name)} as a whole.`);
    for (const sentence of saidOf(record)) printLine(io.stdout, oneLine(sentence));
    for (const file of files) printLine(io.stdout, file);
    return;
  }
  const { sample, prediction, score, explainers, removal } = decision;
  const colors = colorsFor(io.stdout, io.env);
  const sure = prediction.probability === null ? '' : ` (${formatPercent(prediction.probability)})`;
  printLine(io.stdout, `${oneLine(target.name)} says ${oneLine(prediction.label)}${sure} of ${oneLine(sample.name)}.`);
  printLine(io.stdout, `Explained: the score of ${oneLine(score.label)}, ${formatNumber(score.value)}.`);
  printLine(io.stdout);
  const rows = explainers
    .filter(({ status }) => status !== 'not-applicable')
    .map(({ id, status, role, attribution, because }) => {
      const beaten = removal?.explained.find((each) => each.id === id);
      const first = status === 'error' ? oneLine(because ?? '') : oneLine(attribution?.top[0]?.name ?? '');
      const kind = status === 'error' ? colors.red('error') : role === 'control' ? 'control' : '';
      const of = (n: number | undefined): string => (n === undefined ? '' : `${n} of ${removal?.orders ?? 0}`);
      return [id, kind, first, of(beaten?.deletion.beats), of(beaten?.insertion.beats)];
    });
  printLine(io.stdout, table(COLUMNS, rows));
  printLine(io.stdout);
  for (const file of files) printLine(io.stdout, file);
}
