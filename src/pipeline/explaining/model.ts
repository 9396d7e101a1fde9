import { dirname, resolve } from 'node:path';
import type { InputsConfig } from '#config/inputs-schema';
import { absoluteSamples } from '#config/complete';
import type { LoadedConfig } from '#config/loaded';
import type { SamplesConfig } from '#config/schema';
import { isFolder } from '#data/images/folder';
import { storeSamples } from '#data/load-samples';
import { releaseSamples } from '#data/streams/stored-samples';
import type { ExplainingKit } from '#plugin/explaining';
import type { ModelExplainer } from '#plugin/model-explainer';
import type { StepValue } from '#plugin/plugin';
import type { Detail } from '#report/details';
import type { ExplanationRecord } from '#report/explanation';
import type { DataCard } from '#report/report';
import { runInWorker } from '../worker.js';
import { resourcesFor } from '../resources.js';
import { clockFor, limitsOf, type ExplainEvent } from './decision.js';
import { MODEL, type DescribeTask, type GivenInputs } from './describe-task.js';
import type { OpenedTarget } from './open.js';
import { recordedModelExplainer } from './record.js';
import { outcomeIn, type Limits, type Outcome } from './run.js';
import { modelScheduleOf, type Scheduled } from './schedule.js';

/** As events and times name what is said of every model. */
const WHOLE = 'the model as a whole';

export interface ModelOptions {
  readonly seed: number | string;
  readonly signal: AbortSignal;
  readonly on: (event: ExplainEvent) => void;
}

export interface DescribedModel {
  readonly model: NonNullable<ExplanationRecord['model']>;
  /** Of the inputs that options name. */
  readonly data: readonly DataCard[];
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * Explains a model as a whole: what is said of every model, and what its config asks besides.
 *
 * @throws AssayError of exit code 4 for inputs or options that do not fit, before anything is explained
 */
export async function modelOf(
  loaded: LoadedConfig,
  kit: ExplainingKit,
  opened: OpenedTarget,
  { seed, signal, on }: ModelOptions,
): Promise<DescribedModel> {
  const { target, background, card, facts } = opened;
  const schedule = modelScheduleOf(kit, loaded, facts, card);
  const fitting = schedule.filter(({ because }) => because === null);
  const { given, cards } = await readNamed(fitting, loaded, opened, seed);
  try {
    const explainers = fitting.map(({ explainer: { id }, options }) => ({ id, options }));
    const resources = resourcesFor(loaded.config.execution, target);
    const task = { target, background, explainers, inputs: given, seed, resources };
    const { details, outcomes, seconds } = await describe(task, limitsOf(loaded, opened, signal), on);
    const recorded = schedule.map((each) => recordedModelExplainer(each, outcomes.get(each.explainer.id)));
    return { model: { details: [...details], explainers: recorded }, data: cards, seconds };
  } finally {
    for (const { stored } of given) releaseSamples(stored);
  }
}

/** All that the options of explainers name, read as the data of the config are. @throws AssayError `data` or `config` */
export async function readNamed(
  schedule: readonly Scheduled<ModelExplainer>[],
  loaded: LoadedConfig,
  { facts }: OpenedTarget,
  seed: number | string,
): Promise<{ readonly given: readonly GivenInputs[]; readonly cards: readonly DataCard[] }> {
  const given: GivenInputs[] = [];
  const cards: DataCard[] = [];
  try {
    for (const { explainer, options } of schedule) {
      for (const [name, { role, config, most }] of explainer.inputs(options)) {
        const samples = await samplesOf(config, loaded);
        const { stored, card } = await storeSamples(samples, { ...facts, truth: 'none' }, seed, { role, most });
        given.push({ explainer: explainer.id, name, stored });
        cards.push(card);
      }
    }
  } catch (thrown) {
    for (const { stored } of given) releaseSamples(stored);
    throw thrown;
  }
  return { given, cards };
}

/** Tables by their names; all other files are arrays, or texts one a line. */
const TABLE = /\.(csv|tsv|parquet|jsonl|ndjson)$/i;

/** What is not said of pictures and tables is as it is in the test data: those of one model are prepared alike. */
async function samplesOf(given: InputsConfig, { config, file }: LoadedConfig): Promise<SamplesConfig> {
  const named = absoluteSamples(given, (path) => resolve(dirname(file), path));
  const { pictures, scale, columns, delimiter } = config.data.test ?? {};
  const scaled = scale === undefined ? {} : { scale };
  if (await isFolder(named.inputs)) return { ...scaled, ...(pictures === undefined ? {} : { pictures }), ...named };
  if (!TABLE.test(named.inputs)) return named;
  const shape = { ...(columns === undefined ? {} : { columns }), ...(delimiter === undefined ? {} : { delimiter }) };
  return { ...scaled, ...shape, ...named };
}

interface Described {
  readonly details: readonly Detail[];
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly seconds: Readonly<Record<string, number>>;
}

/** Each part begins when the one before it has ended. */
async function describe(task: Omit<DescribeTask, 'kind'>, limits: Limits, on: ModelOptions['on']): Promise<Described> {
  const parts = [WHOLE, ...task.explainers.map(({ id }) => id)];
  const found: { details: readonly Detail[] } = { details: [] };
  const outcomes = new Map<string, Outcome>();
  const clock = clockFor(on);
  let at = 0;
  clock.start(WHOLE, 1, parts.length);
  const keep = (name: string, value: StepValue): void => {
    // What this project's own worker sent: details as JSON.
    if (name === MODEL) found.details = value.json as unknown as readonly Detail[];
    else outcomes.set(name, outcomeIn(value));
    const outcome = outcomes.get(name);
    clock.end(parts[at] ?? name, outcome?.kind === 'error' ? outcome.sentence : null);
    at += 1;
    const next = parts[at];
    if (next !== undefined) clock.start(next, at + 1, parts.length);
  };
  const onProgress = (done: number, total: number): void => {
    on({ kind: 'progress', id: parts[at] ?? WHOLE, done, total });
  };
  await runInWorker(
    { ...task, kind: 'describe' },
    { ...limits, onProgress, checkpoints: { recall: () => null, keep } },
  );
  return { details: found.details, outcomes, seconds: clock.seconds };
}
