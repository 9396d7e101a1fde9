import type { DataCard, DeclaredValue, TargetCard, TargetCheck } from '#report/report';
import { formatBytes, formatCount, formatPercent } from '../../format.js';
import type { PageContext } from './context.js';
import type { DataTable } from './figure-schema.js';
import type { Phrase } from './phrase-schema.js';
import type { Card, Cards, Fact } from './schema.js';
import { dataTable, wordColumns } from './tables.js';
import { codeFact, fact, headed, holdsMark } from './words.js';

const MOST_LABELS = 40;

export function targetCards(context: PageContext): Cards {
  const { words, write, report } = context;
  const { target } = report;
  if (target === null) return { cards: [], empty: words.model.none };
  return {
    cards: [
      {
        title: null,
        facts: [
          ...identity(target, context),
          ...domainFacts(target, context),
          ...headFacts(target, context),
          ...accuracyFacts(target, context),
          ...capabilityFacts(target, context),
        ],
        tables: [...checksTables(target, context), filesTable(words.model.files, target.files, context)],
        notes: target.notes.map((note) => write.sentence(note)),
      },
    ],
    empty: null,
  };
}

export function dataCards(context: PageContext): Cards {
  const { data } = context.report;
  if (data.length === 0) return { cards: [], empty: context.words.data.none };
  return { cards: data.map((card) => dataCard(card, context)), empty: null };
}

function identity(target: TargetCard, context: PageContext): Fact[] {
  const { words, write } = context;
  const { model } = words;
  return [
    fact(model.name, write.name(target.name)),
    codeFact(model.digest, write.name(target.digest)),
    ...(target.format === undefined ? [] : [fact(model.format, formatOf(target, context))]),
    fact(model.executed, model.executedOn(write.name(target.engine), write.name(target.device))),
    fact(model.batch, batchOf(target, context)),
  ];
}

function formatOf({ format = '', opset }: TargetCard, { words, write }: PageContext): string {
  return opset === undefined || opset === null
    ? write.name(format)
    : words.model.opset(write.name(format), String(opset));
}

/** `dynamic` and `fixed at 8` are what targets say; any other word for it is the engine's own. */
function batchOf({ batch }: TargetCard, { words, write }: PageContext): Phrase {
  if (batch === 'dynamic') return write.own(words.model.dynamicBatch);
  const fixed = /^fixed at (\d+)$/.exec(batch)?.[1];
  return fixed === undefined ? write.sentence(batch) : write.own(words.model.fixedBatch(fixed));
}

function domainFacts({ domain, input }: TargetCard, context: PageContext): Fact[] {
  const { words, write } = context;
  const { range, layout, mean, std, kind, shape } = domain;
  const parts = [
    kindOf(kind, context),
    shape.map(formatCount).join(' × '),
    ...(layout === null ? [] : [write.name(layout)]),
  ];
  return [
    fact(words.model.input, words.sentenceParts([words.list(parts), ...declared(input, context)])),
    ...(kind === 'text' ? [] : [fact(words.model.range, rangeInWords(range, context))]),
    ...(mean.length === 0
      ? []
      : [fact(words.model.normalization, words.model.inside(`(x − ${list(mean, context)}) / ${list(std, context)}`))]),
  ];
}

function rangeInWords(range: TargetCard['domain']['range'], { words, write }: PageContext): string {
  return range === null ? words.model.undeclared : words.numbers.range(write.number(range[0]), write.number(range[1]));
}

/** A value as the file declares it; a dimension that is left open is a question mark. */
function declared(value: DeclaredValue | undefined, { words, write }: PageContext): string[] {
  if (value === undefined) return [];
  const sizes = value.shape.map((size) => (size === null ? '?' : String(size)));
  const shape = sizes.length === 0 ? '' : ` [${write.name(sizes.join(', '))}]`;
  return [words.model.declared(write.name(value.name), `${write.name(value.type)}${shape}`)];
}

/** Whether the numbers of the page stand on a sound model: what was looked at when it was opened. */
function checksTables({ checks }: TargetCard, context: PageContext): DataTable[] {
  if (checks === undefined) return [];
  const { model } = context.words;
  const columns = wordColumns(model.check, context.words.findings.outcome, model.found);
  const texts = { title: model.checks, empty: model.noChecks };
  return [
    dataTable(context, texts, columns, checks, (check) => [
      check.id,
      outcomeOf(check, context),
      context.write.sentence(check.sentence),
    ]),
  ];
}

function outcomeOf({ holds }: TargetCheck, { words }: PageContext): string {
  if (holds === null) return `○ ${words.outcome.untold}`;
  const { shape, word } = holdsMark(holds, words);
  return `${shape} ${word}`;
}

function accuracyFacts({ accuracy }: TargetCard, { words, write }: PageContext): Fact[] {
  if (accuracy === undefined || accuracy === null || accuracy.value === null || accuracy.interval === null) return [];
  const { value, interval, n } = accuracy;
  const number = words.verdict.number(formatPercent(value), write.interval(interval, 'rate'), formatCount(n ?? 0));
  return [fact(words.model.accuracy, `${number} (${write.name(interval.method)})`)];
}

function headFacts({ head, labels, output: value }: TargetCard, context: PageContext): Fact[] {
  const { words, write } = context;
  const parts = [
    kindOf(head.kind, context),
    words.model.outputs(head.outputs),
    kindOf(head.scale, context),
    ...(head.tolerance === null ? [] : [words.model.within(write.number(head.tolerance))]),
  ];
  const output = fact(words.model.output, words.sentenceParts([words.list(parts), ...declared(value, context)]));
  if (labels === null) return [output];
  const { shown, left } = headed(labels, MOST_LABELS);
  const names = shown.map((label) => write.name(label));
  return [output, fact(words.model.labels, words.list([...names, ...(left === 0 ? [] : [words.moreHere(left)])]))];
}

function capabilityFacts({ capabilities, missing }: TargetCard, context: PageContext): Fact[] {
  const { words, write } = context;
  const lacking = missing.map(({ capability, because }) => write.sentence(`${capability}: ${because}`));
  return [
    fact(words.model.gives, words.list(capabilities.map((one) => write.name(one))) || words.model.nothing),
    ...(lacking.length === 0 ? [] : [fact(words.model.lacks, ...lacking)]),
  ];
}

function dataCard(card: DataCard, context: PageContext): Card {
  const { words, write } = context;
  const { data } = words;
  const role = kindOf(card.role, context);
  const used = card.used === card.available ? data.all(card.used) : words.verdict.partOf(card.used, card.available);
  return {
    title: data.title(role),
    facts: [
      fact(data.used, used),
      ...(card.reading === undefined ? [] : [fact(data.reading, write.name(card.reading))]),
      fact(data.drawn, write.sentence(card.drawn)),
      codeFact(words.model.digest, write.name(card.digest)),
    ],
    tables: [
      filesTable(data.files(role), card.files, context),
      ...(card.classes.length === 0 ? [] : [classesTable(card, context)]),
      ...(card.columns.length === 0 ? [] : [columnsTable(card, context)]),
    ],
    notes: [],
  };
}

function classesTable({ classes }: DataCard, context: PageContext): DataTable {
  const { data } = context.words;
  const columns = [...wordColumns(data.class), { label: data.used, numeric: true }];
  const texts = { title: data.classes, empty: data.noClasses };
  return dataTable(context, texts, columns, classes, ({ label, count }) => [
    context.write.name(label),
    formatCount(count),
  ]);
}

function columnsTable({ columns: named }: DataCard, context: PageContext): DataTable {
  const { data } = context.words;
  const texts = { title: data.columns, empty: data.noColumns };
  return dataTable(context, texts, wordColumns(data.column, data.role), named, (column) => [
    context.write.name(column.name),
    kindOf(column.role, context),
  ]);
}

function filesTable(title: string, files: TargetCard['files'], context: PageContext): DataTable {
  const { words, write } = context;
  const { model } = words;
  const columns = [
    { label: model.file, numeric: false },
    { label: model.size, numeric: true },
    { label: 'sha256', numeric: false },
  ];
  return dataTable(context, { title, empty: model.noFiles }, columns, files, (file) => [
    write.name(file.name),
    formatBytes(file.bytes),
    write.name(file.sha256),
  ]);
}

/** Words of cards that the dictionary knows, such as `image`; others as they are. */
function kindOf(kind: string, { words, write }: PageContext): string {
  return words.kinds.get(kind) ?? write.name(kind);
}

function list(values: readonly number[], { write }: PageContext): string {
  const numbers = values.map((value) => write.number(value));
  return numbers.length === 1 ? numbers.join('') : `(${numbers.join(', ')})`;
}
