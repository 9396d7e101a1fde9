import { join, resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { hardenTarget, type Hardened, type HardenEvent } from '#pipeline/hardening/harden';
import type { Stage } from '#pipeline/hardening/stages';
import type { HardeningRecord } from '#report/hardening';
import { reporters } from '#reports/index';
import { formatCount, formatP, formatPercent } from '#reports/format';
import { statusOf } from '#reports/status';
import { examples } from '../help.js';
import { interruptible } from '../interrupt.js';
import { colorsFor, printJson, printLine, type Colors, type Io } from '../io.js';
import { given, shared, wholeNumber } from '../options.js';
import { prepare } from '../prepare.js';
import { painted } from '../print/status.js';
import { gateLines } from '../print/summary.js';
import { pairs, table, type Column } from '../print/table.js';
import { oneLine } from '../print/text.js';
import { liveLinesOn, type LiveLines } from '../live-lines.js';
import { progressOn, type Progress } from '../progress.js';
import type { AddCommand } from '../add-command.js';
import { addStepSummary, resumeOf, type RunFlags } from '../run.js';

interface Flags extends Omit<RunFlags, 'baseline' | 'batchSize'> {
  readonly recipe?: string;
  readonly method?: string;
  readonly epsilon?: number;
  readonly epochs?: number;
  readonly json?: true;
}

export const addHarden: AddCommand = (program, io, finish) => {
  program
    .command('harden')
    .summary('adversarial training: a new model file and the audit of both')
    .description(
      'Audits the model of a config, trains a copy of it on attacked inputs, writes the copy as a new model file, and audits ' +
        'that: the same audits on the same samples, held against the model before. The model of the config is not changed.',
    )
    .argument('[config]', 'the config, with `data.train`; default: assay.config.* of this folder')
    .option('--recipe <file>', 'how to train, JSON or YAML; default: what the config has under training/adversarial')
    .option('--method <name>', 'instead of what the recipe says: standard, pgd, trades, mart, fast or free')
    .addOption(
      new Option('--epsilon <x>', 'the largest change to withstand, in the units of the data').argParser(positive),
    )
    .addOption(new Option('--epochs <n>', 'passes over the training data').argParser(wholeNumber(1)))
    .option('--resume [folder]', 'go on with the newest unfinished hardening, or with the folder named')
    .addOption(shared.only())
    .addOption(shared.sample())
    .addOption(shared.seed())
    .addOption(shared.device())
    .addOption(shared.policy())
    .addOption(shared.out())
    .addOption(shared.workers())
    .addOption(shared.allowCode())
    .addOption(shared.quiet())
    .addOption(shared.json())
    .addHelpText(
      'after',
      examples([
        'assay harden --epsilon 0.1',
        'assay harden assay.config.json --recipe recipe.yaml',
        'assay harden assay.config.json --method trades --epsilon 0.03 --epochs 20',
        'assay harden assay.config.json --resume',
      ]),
    )
    .action(async (config: string | undefined, flags: Flags) => {
      const hardened = await harden(config, flags, io);
      if (flags.json) printJson(io, { folder: hardened.folder, ...hardened.record });
      else print(hardened, io);
      await addStepSummary(hardened.runs.after.folder, io);
      finish(hardened.exitCode);
    });
};

function positive(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It has to be a number above 0.');
}

async function harden(config: string | undefined, flags: Flags, io: Io): Promise<Hardened> {
  const { loaded, registry } = await prepare(config, flags, io);
  const { recipe, method, epsilon, epochs, only, sample, seed, device } = flags;
  const resume = resumeOf(flags);
  const progress = stagesOn(io, flags.quiet === true, await liveLinesOn(io));
  return interruptible(io, async (signal) => {
    try {
      return await hardenTarget(loaded, registry, {
        ...given({ recipe, method, epsilon, epochs, only, sample, seed, device }),
        resume: resume === false || resume === 'latest' ? resume : resolve(io.cwd, resume),
        ...{ cwd: io.cwd, signal, on: progress.on, reporters },
      });
    } finally {
      progress.end();
    }
  });
}

const STAGE_WORDS: Readonly<Record<Stage, string>> = {
  before: 'the audit of the model as it is',
  training: 'a copy of it is trained',
  after: 'the audit of the new model, held against the one before',
};

interface Stages {
  readonly on: (event: HardenEvent) => void;
  readonly end: () => void;
}

/** The progress of one run after the other, each below the name of its stage. */
function stagesOn(io: Io, quiet: boolean, lines: LiveLines | null): Stages {
  let progress: Progress | null = null;
  const end = (): void => {
    progress?.end();
    progress = null;
  };
  const say = (line: string): void => void (quiet || printLine(io.stderr, line));
  const on = (event: HardenEvent): void => {
    if (event.kind === 'stage-started') {
      end();
      say(`${event.stage} ${event.position}/${event.total}: ${STAGE_WORDS[event.stage]}`);
      progress = progressOn(io, { quiet, lines });
    } else if (event.kind === 'attacks-added') {
      say(addedSentence(event));
    } else {
      progress?.on(event);
    }
  };
  return { on, end };
}

function addedSentence({ audits, recipe }: Extract<HardenEvent, { kind: 'attacks-added' }>): string {
  const { norm, epsilon } = recipe;
  const at = `${typeof norm === 'string' ? norm : 'Linf'} epsilon ${Number(epsilon)}`;
  return `The config asks for no evasion attack: both models are audited by ${audits.join(' and ')} too, at ${at} of the recipe.`;
}

function print({ folder, model, record, runs }: Hardened, io: Io): void {
  const colors = colorsFor(io.stdout, io.env);
  const { note } = record.model.after;
  printLine(io.stdout, ratesOf(record, colors));
  printLine(io.stdout);
  for (const finding of runs.training.report.findings) {
    printLine(io.stdout, `${painted(statusOf(finding), colors)}: ${oneLine(finding.claim)}`);
    for (const reason of finding.reasons) printLine(io.stdout, `  ${oneLine(reason)}`);
  }
  printLine(io.stdout, gateLines(runs.after.report, colors));
  if (note !== null) printLine(io.stdout, oneLine(note));
  printLine(io.stdout);
  printLine(
    io.stdout,
    pairs([
      ['new model', model],
      ['record', join(folder, 'record.json')],
      ['report', pageOf(runs.after.folder, runs.after.files)],
      ['folder', folder],
    ]),
  );
}

const COLUMNS: readonly Column[] = [
  { label: 'audit' },
  { label: 'rate' },
  { label: 'before', align: 'right' },
  { label: 'after', align: 'right' },
  { label: 'lost', align: 'right' },
  { label: 'won', align: 'right' },
  { label: 'n', align: 'right' },
  { label: 'paired test', align: 'right' },
  { label: '' },
];

function ratesOf({ training, audits }: HardeningRecord, colors: Colors): string {
  const rows = [training, ...audits].flatMap(({ audit, rates }) =>
    rates.map(({ label, before, after, n, paired }) => [
      oneLine(audit),
      oneLine(label),
      formatPercent(before),
      formatPercent(after),
      ...(paired === null ? ['', ''] : [formatCount(paired.lost), formatCount(paired.won)]),
      formatCount(n),
      ...(paired === null ? ['', ''] : [formatP(paired.p), directionOf(paired.direction, colors)]),
    ]),
  );
  return table(COLUMNS, rows);
}

function directionOf(direction: 'better' | 'worse' | 'same', colors: Colors): string {
  switch (direction) {
    case 'better':
      return colors.green('better');
    case 'worse':
      return colors.red('worse');
    case 'same':
      return 'no more than chance';
  }
}

function pageOf(folder: string, files: readonly string[]): string {
  return files.find((file) => file.endsWith('report.html')) ?? folder;
}
