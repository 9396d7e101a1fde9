import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { EXIT } from '#pipeline/exit-codes';
import type { RunResult } from '#pipeline/types';
import { formatDuration } from '#reports/format';
import { examples } from '../help.js';
import { colorsFor, printJson, printLine, type Colors, type Io } from '../io.js';
import { shared } from '../options.js';
import { FINDING_COLUMNS, findingRow, gateLines, summaryForMachines } from '../print/summary.js';
import { table } from '../print/table.js';
import { oneLine, wrap } from '../print/text.js';
import type { AddCommand } from '../add-command.js';
import { addStepSummary, runConfig, type RunFlags } from '../run.js';

type Flags = Pick<RunFlags, 'out' | 'quiet' | 'only' | 'sample' | 'device'> & { readonly json?: true };

interface Model {
  readonly name: string;
  readonly introduction: string;
  readonly config: string;
}

const MODELS: readonly Model[] = [
  { name: 'undefended', introduction: 'Trained as usual', config: 'undefended.config.json' },
  { name: 'robust', introduction: 'The same network, trained on adversarial examples', config: 'robust.config.json' },
];

/** Where run folders go: in the folder that the user is in, never into the package. */
const OUT = 'assay-runs';
const TEXT_WIDTH = 100;

interface Audited {
  readonly model: Model;
  readonly result: RunResult;
}

export const addDemo: AddCommand = (program, io, finish) => {
  program
    .command('demo')
    .summary('audit two bundled models')
    .description(
      'Audits two classifiers of clothing (Fashion-MNIST) that differ only in how they were trained, and compares them.',
    )
    .option('--out <dir>', 'where run folders are made', OUT)
    .addOption(shared.only())
    .addOption(shared.sample())
    .addOption(shared.device())
    .addOption(shared.quiet())
    .addOption(shared.json())
    .addHelpText('after', examples(['assay demo', 'assay demo --out /tmp/assay-runs']))
    .action(async (flags: Flags) => {
      const start = performance.now();
      const audits: Audited[] = [];
      for (const model of MODELS) audits.push(await audit(model, flags, io));
      print(audits, (performance.now() - start) / 1000, flags, io);
      finish(endOf(audits));
    });
};

async function audit(model: Model, { json: _, out = OUT, ...flags }: Flags, io: Io): Promise<Audited> {
  const { quiet } = flags;
  if (quiet !== true) printLine(io.stderr, `${model.introduction}: the ${model.name} model`);
  const config = join(packageRoot(), 'fixtures/demo', model.config);
  const result = await runConfig(config, { ...flags, out }, io);
  if (quiet !== true) printLine(io.stderr);
  await addStepSummary(result.folder, io);
  return { model, result };
}

/** The verdicts are the demo's lesson, not its outcome: it succeeds when both audits came to their end. */
function endOf(audits: readonly Audited[]): typeof EXIT.passed | typeof EXIT.undecided {
  const findings = audits.flatMap(({ result }) => result.report.findings);
  const whole = findings.every(({ status }) => status !== 'error' && status !== 'not-run');
  return whole && audits.every(({ result }) => result.report.findings.length > 0) ? EXIT.passed : EXIT.undecided;
}

function print(audits: readonly Audited[], seconds: number, flags: Flags, io: Io): void {
  if (flags.json) {
    printJson(
      io,
      audits.map(({ model, result }) => ({
        model: model.name,
        ...summaryForMachines(result.folder, result.report, result.files),
      })),
    );
    return;
  }
  const colors = colorsFor(io.stdout, io.env);
  printLine(io.stdout, verdicts(audits, colors));
  for (const { model, result } of audits) {
    printLine(io.stdout);
    printLine(io.stdout, colors.bold(`${model.name}: exit code ${result.exitCode}`));
    for (const line of wrap(meaningOf(result.exitCode), TEXT_WIDTH)) printLine(io.stdout, `  ${line}`);
    printLine(io.stdout, indented(gateLines(result.report, colors)));
    printLine(io.stdout, `  Report: ${pageOf(result)}`);
  }
  printLine(io.stdout);
  printLine(
    io.stdout,
    `Both audits took ${oneLine(formatDuration(seconds))}. For a model of yours: assay init model.onnx`,
  );
}

function verdicts(audits: readonly Audited[], colors: Colors): string {
  const rows = audits.flatMap(({ model, result }) =>
    result.report.findings.map((finding) => [model.name, ...findingRow(finding, result.report, colors)]),
  );
  return table([{ label: 'model' }, ...FINDING_COLUMNS], rows);
}

function meaningOf(exitCode: number): string {
  switch (exitCode) {
    case EXIT.passed:
      return 'The gate passes: every number is on the right side of its bar, at the pessimistic end of its interval.';
    case EXIT.failed:
      return 'The gate does not pass, and a release pipeline stops here: at least one number misses the bar of the policy.';
    default:
      return 'The gate does not pass: something could not be decided, and what is not known does not count as passed.';
  }
}

function pageOf({ folder, files }: RunResult): string {
  return files.find((file) => file.endsWith('report.html')) ?? folder;
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
