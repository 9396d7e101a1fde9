import type { DataCard, DeclaredValue, Report, TargetCard, TargetCheck, Timings } from '#report/report';
import {
  counted,
  formatBytes,
  formatCount,
  formatDuration,
  formatInterval,
  formatNumber,
  formatPercent,
  formatTime,
} from '../../format.js';
import { durationOf } from './banner.js';
import type { PageContext } from './context.js';
import type { Card, Cards, Fact } from './schema.js';
import { dataTable } from './tables.js';
import { codeFact, fact, headed, holdsMark, name, sentence } from './words.js';

const MOST_LABELS = 40;

export function targetCards(context: PageContext): Cards {
  const { target } = context.report;
  if (target === null) return { cards: [], empty: 'The audits of this run looked at data only: no model was opened.' };
  return {
    cards: [
      {
        title: null,
        facts: [
          ...identity(target),
          ...domainFacts(target),
          ...headFacts(target),
          ...accuracyFacts(target),
          ...capabilityFacts(target),
        ],
        tables: [...checksTables(target, context), filesTable('Files of the model', target.files, context)],
        notes: target.notes.map(sentence),
      },
    ],
    empty: null,
  };
}

export function dataCards(context: PageContext): Cards {
  const { data } = context.report;
  if (data.length === 0) return { cards: [], empty: 'The audits of this run read no data set.' };
  return { cards: data.map((card) => dataCard(card, context)), empty: null };
}

/** Can I do it again? Everything that decides the numbers, then what may differ between equal runs. */
export function provenance(context: PageContext, timings: Timings): Card {
  const { report } = context;
  const { provenance, policy, tool } = report;
  const { host, execution } = timings;
  return {
    title: null,
    facts: [
      codeFact('Command', sentence(provenance.command)),
      codeFact('Seed', name(String(provenance.seed))),
      codeFact('Config sha256', name(provenance.configDigest)),
      codeFact('Plan sha256', name(provenance.planDigest)),
      codeFact('Policy sha256', name(policy.digest)),
      fact(
        'Policy',
        `${name(policy.preset)}; numbers from fewer than ${counted(policy.minimumSamples, 'sample')} are inconclusive`,
      ),
      fact('Samples', provenance.samples === 'show' ? 'shown' : 'only their indices are shown'),
      fact('Assay', name(tool.version)),
      ...versionFacts(report),
      ...(report.target === null
        ? []
        : [fact('Device', `${name(report.target.engine)}, ${name(report.target.device)}`)]),
      fact('Started', formatTime(timings.started) ?? 'unknown'),
      fact('Finished', `${formatTime(timings.finished) ?? 'unknown'}, after ${durationOf(timings)}`),
      fact(
        'Host',
        `${name(host.platform)}, ${counted(host.cpus, 'core')}, ${formatCount(host.memoryMiB)} MiB, Node ${name(host.node)}`,
      ),
      fact(
        'Execution',
        `${counted(execution.workers, 'worker')}, ${counted(execution.threads, 'thread')} each, batches of ${formatCount(execution.batchSize)}`,
      ),
    ],
    tables: [timingsTable(timings, context), waiversTable(context)].filter((table) => table !== null),
    notes: [],
  };
}

function identity(target: TargetCard): Fact[] {
  return [
    fact('Name', name(target.name)),
    codeFact('Digest', name(target.digest)),
    ...(target.format === undefined ? [] : [fact('Format', formatOf(target))]),
    fact('Executed by', `${name(target.engine)} on ${name(target.device)}, ${name(target.batch)}`),
  ];
}

function formatOf({ format = '', opset }: TargetCard): string {
  return opset === undefined || opset === null ? name(format) : `${name(format)}, opset ${formatCount(opset)}`;
}

function domainFacts({ domain, input }: TargetCard): Fact[] {
  const { range, layout, mean, std, kind, shape } = domain;
  const order = layout === null ? '' : `, ${name(layout)}`;
  return [
    fact('Input', `${name(kind)}, ${shape.map(formatCount).join(' × ')}${order}${declared(input)}`),
    fact('Range', range === null ? 'not declared' : `${formatNumber(range[0])} to ${formatNumber(range[1])}`),
    ...(mean.length === 0 ? [] : [fact('Normalization', `inside the model: (x − ${list(mean)}) / ${list(std)}`)]),
  ];
}

/** A value as the file declares it; a dimension that is left open is a question mark. */
function declared(value: DeclaredValue | undefined): string {
  if (value === undefined) return '';
  const sizes = value.shape.map((size) => (size === null ? '?' : String(size)));
  return `; in the file ${name(value.name)}: ${name(value.type)}${sizes.length === 0 ? '' : ` [${name(sizes.join(', '))}]`}`;
}

/** Whether the numbers of the page stand on a sound model: what was looked at when it was opened. */
function checksTables({ checks }: TargetCard, context: PageContext) {
  if (checks === undefined) return [];
  const columns = ['Check', 'Outcome', 'What was found'].map((label) => ({ label, numeric: false }));
  const rows = checks.map((check) => [check.id, outcomeOf(check), sentence(check.sentence)]);
  return [dataTable(context, 'Checks of the model on clean data', columns, rows, { empty: 'Nothing was checked.' })];
}

function outcomeOf({ holds }: TargetCheck): string {
  if (holds === null) return '○ not told';
  const { shape, word } = holdsMark(holds);
  return `${shape} ${word}`;
}

function accuracyFacts({ accuracy }: TargetCard): Fact[] {
  if (accuracy === undefined || accuracy === null || accuracy.value === null || accuracy.interval === null) return [];
  const { value, interval, n } = accuracy;
  const range = formatInterval(interval.low, interval.high, 'rate', 'plain');
  return [
    fact(
      'Clean accuracy',
      `${formatPercent(value)}, 95 % interval ${range} (${interval.method}), n ${formatCount(n ?? 0)}`,
    ),
  ];
}

function headFacts({ head, labels, output: value }: TargetCard): Fact[] {
  const tolerance = head.tolerance === null ? '' : `, right within ${formatNumber(head.tolerance)}`;
  const output = fact(
    'Output',
    `${name(head.kind)}, ${counted(head.outputs, 'output')}, ${name(head.scale)}${tolerance}${declared(value)}`,
  );
  if (labels === null) return [output];
  const { shown, left } = headed(labels, MOST_LABELS);
  const rest = left === 0 ? '' : `, and ${formatCount(left)} more`;
  return [output, fact('Labels', `${shown.map(name).join(', ')}${rest}`)];
}

function capabilityFacts({ capabilities, missing }: TargetCard): Fact[] {
  const lacking = missing.map(({ capability, because }) => `${name(capability)}: ${sentence(because)}`);
  return [
    fact('Gives', capabilities.map(name).join(', ') || 'nothing'),
    ...(lacking.length === 0 ? [] : [fact('Lacks', ...lacking)]),
  ];
}

function dataCard(card: DataCard, context: PageContext): Card {
  const title = `${name(card.role.charAt(0).toUpperCase() + card.role.slice(1))} data`;
  const used =
    card.used === card.available
      ? `all ${formatCount(card.used)}`
      : `${formatCount(card.used)} of ${formatCount(card.available)}`;
  const tables = [filesTable(`Files of the ${name(card.role)} data`, card.files, context)];
  if (card.classes.length > 0) {
    const columns = [
      { label: 'Class', numeric: false },
      { label: 'Samples used', numeric: true },
    ];
    const rows = card.classes.map(({ label, count }) => [name(label), formatCount(count)]);
    tables.push(dataTable(context, 'Classes', columns, rows, { empty: 'No class was counted.' }));
  }
  if (card.columns.length > 0) {
    const columns = [
      { label: 'Column', numeric: false },
      { label: 'Role', numeric: false },
    ];
    const rows = card.columns.map((column) => [name(column.name), name(column.role)]);
    tables.push(dataTable(context, 'Columns', columns, rows, { empty: 'No column was named.' }));
  }
  return {
    title,
    facts: [fact('Samples used', used), fact('Drawn', sentence(card.drawn)), codeFact('Digest', name(card.digest))],
    tables,
    notes: [],
  };
}

function filesTable(title: string, files: TargetCard['files'], context: PageContext) {
  const columns = [
    { label: 'File', numeric: false },
    { label: 'Size', numeric: true },
    { label: 'sha256', numeric: false },
  ];
  const rows = files.map((file) => [name(file.name), formatBytes(file.bytes), name(file.sha256)]);
  return dataTable(context, title, columns, rows, { empty: 'The report names no file.' });
}

function timingsTable(timings: Timings, context: PageContext) {
  const columns = [
    { label: 'Audit', numeric: false },
    { label: 'Time', numeric: true },
    { label: 'Peak memory (MiB)', numeric: true },
    { label: 'Attempts', numeric: true },
  ];
  const rows = timings.cells.map((cell) => [
    name(cell.audit),
    formatDuration(cell.seconds),
    cell.peakMiB === null ? 'not measured' : formatCount(cell.peakMiB),
    formatCount(cell.attempts),
  ]);
  return dataTable(context, 'Time and memory by audit', columns, rows, { empty: 'No audit was executed.' });
}

/** Null where the policy waives nothing. */
function waiversTable(context: PageContext) {
  const { waivers } = context.report.policy;
  if (waivers.length === 0) return null;
  const columns = ['Waived audit', 'Reason', 'Owner', 'Expires'].map((label) => ({ label, numeric: false }));
  const rows = waivers.map((waiver) => [
    name(waiver.audit),
    sentence(waiver.reason),
    name(waiver.owner),
    name(waiver.expires),
  ]);
  return dataTable(context, 'Waivers of the policy', columns, rows, { empty: 'The policy waives nothing.' });
}

function versionFacts({ provenance }: Report): Fact[] {
  const versions = Object.entries(provenance.versions)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, version]) => `${name(what)} ${name(version)}`);
  return versions.length === 0 ? [] : [fact('Versions', versions.join(', '))];
}

function list(values: readonly number[]): string {
  const [only] = values;
  return values.length === 1 && only !== undefined ? formatNumber(only) : `(${values.map(formatNumber).join(', ')})`;
}
