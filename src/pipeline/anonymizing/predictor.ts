import { digestOfJson } from '#base/digest';
import { AssayError } from '#base/errors';
import { nameIn } from '#config/document/find';
import type { LoadedConfig } from '#config/loaded';
import { labelsOfText } from '#data/sources/named-labels';
import type { SampleFacts } from '#data/sources/source';
import { rowInputs } from '#data/sources/tables';
import type { Column } from '#data/table';
import type { PredictLabels } from '#plugin/anonymizing';
import { isBlackBox } from '#target/black-box/declare';
import { unknownLabels, type Head } from '#target/head';
import { readInputs, releaseInputs } from '../inputs.js';
import { placeBlackBox } from '../place-black-box.js';
import { placeTarget } from '../placement.js';
import { wordPrediction } from '../predictions.js';
import { resourcesFor } from '../resources.js';
import type { TargetInput } from '../types.js';
import { runInWorker } from '../worker.js';
import type { AnonymizeOptions } from './anonymize.js';

/** Real samples that a target is opened on. */
const PROBE = 64;
/** For all rows of a table, where the config says nothing. */
const MINUTES = 60;

/** The model of a config as one that labels rows of a table; null where there is none. It is opened when it is asked first. */
export function predictorOf(
  loaded: LoadedConfig,
  options: Pick<AnonymizeOptions, 'seed' | 'signal' | 'on'>,
): PredictLabels | null {
  if (loaded.config.target === undefined) return null;
  let opened: Promise<OpenedPredictor> | undefined;
  return async (columns, label) => {
    opened ??= open(loaded, options);
    return ask(await opened, columns, label, loaded, options);
  };
}

interface OpenedPredictor {
  readonly target: TargetInput;
  readonly facts: SampleFacts;
  /** Whether so many rows of the budget are left, which they are not any more then. */
  readonly reserve: (rows: number) => { readonly granted: boolean; readonly left: number };
}

async function open(
  loaded: LoadedConfig,
  { seed, signal }: Pick<AnonymizeOptions, 'seed' | 'signal'>,
): Promise<OpenedPredictor> {
  const { config } = loaded;
  const { table: _, population: __, train: ___, groups: ____, ...data } = config.data;
  const inputs = await readInputs({ ...config, data }, seed ?? config.seed, PROBE);
  try {
    const { target: files, facts } = inputs;
    if (files === null || facts === null) throw unfit(loaded, 'is missing', 'Name the model.');
    requireLabels(loaded, facts);
    const placed = isBlackBox(files.config)
      ? await placeBlackBox(files, files.config, loaded, { signal })
      : { ...(await placeTarget(files, inputs.test?.stored ?? null, loaded, { signal })), asked: { rows: 0 } };
    let left = (config.target?.budget ?? Infinity) - placed.asked.rows;
    const reserve = (rows: number) => {
      const granted = rows <= left;
      if (granted) left -= rows;
      return { granted, left };
    };
    return { target: placed.target, facts, reserve };
  } finally {
    releaseInputs({ test: inputs.test?.stored ?? null, train: null });
  }
}

/** Rows of a table have one label each. */
function requireLabels(loaded: LoadedConfig, { head, domain }: SampleFacts): void {
  if (domain.kind !== 'tabular') {
    throw unfit(loaded, `takes no rows of a table: its domain is \`${domain.kind}\``, 'Leave `accuracy` out.');
  }
  if (head.kind === 'classes' || head.kind === 'binary') return;
  throw unfit(loaded, `gives no label: its head is \`${head.kind}\``, 'Leave `accuracy` out.');
}

function unfit({ file }: LoadedConfig, what: string, mend: string): AssayError {
  return new AssayError('config', { where: `${nameIn(process.cwd(), file)}, \`target\``, what: `it ${what}`, mend });
}

async function ask(
  { target, facts, reserve }: OpenedPredictor,
  columns: readonly Column[],
  label: Column | null,
  { config }: LoadedConfig,
  { signal, on }: Pick<AnonymizeOptions, 'signal' | 'on'>,
): Promise<readonly string[]> {
  const { head, domain, labels = null } = facts;
  if (domain.kind !== 'tabular') throw new RangeError('a target without a table was opened');
  const vocabulary = vocabularyOf(label, facts);
  const rows = columns[0]?.values.length ?? 0;
  const table = { name: 'the table', digest: digestOfJson([]), rows, columns };
  const { shape, data } = rowInputs(table, config.data.test ?? {}, domain);
  const inputs = {
    ...{ shape: shape.slice(1), labels: unknownLabels(head, rows) },
    indices: Array.from({ length: rows }, (_, row) => row),
    groups: [],
    inputs: { kind: 'memory', data } as const,
  };
  const { memoryMiB, cellMinutes = MINUTES } = config.execution;
  const { result } = await runInWorker(
    { kind: 'predict', target, inputs, resources: resourcesFor(config.execution, target) },
    {
      ...{ memoryMiB, minutes: cellMinutes, signal, reserve },
      onProgress: (done, total) => {
        on({ kind: 'progress', what: 'Asking the model', done, total });
      },
    },
  );
  if (result.kind !== 'predicted') throw new AssayError('worker', { what: 'the worker process gave another answer' });
  return labelsIn(result.scores, rows, { head, labels, vocabulary });
}

/** How a table writes the classes of a target: what wordPrediction says, in the words of the column. */
function vocabularyOf(label: Column | null, { head, labels = null }: SampleFacts): ReadonlyMap<string, string> {
  const texts = [...new Set(label?.values)].filter((text) => text !== null);
  const { values } = labelsOfText(texts, { head, labels }, `column ${JSON.stringify(label?.name ?? '')}`);
  return new Map(texts.map((text, i) => [labels?.[values[i] ?? NaN] ?? String(values[i]), text]));
}

function labelsIn(
  scores: Float32Array,
  rows: number,
  words: {
    readonly head: Head;
    readonly labels: readonly string[] | null;
    readonly vocabulary: ReadonlyMap<string, string>;
  },
): string[] {
  const width = scores.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    const { label } = wordPrediction(words.head, words.labels, [...scores.subarray(row * width, (row + 1) * width)]);
    return words.vocabulary.get(label) ?? label;
  });
}
