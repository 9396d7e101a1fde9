import { row } from '#base/tensor';
import type { LoadedConfig } from '#config/loaded';
import type { ExplainingKit } from '#plugin/explaining';
import type { RecordedDecision, RecordedSample } from '#report/explanation';
import { wordOf } from '#target/column-words';
import type { Domain } from '#target/domain';
import { labelRow } from '#target/head';
import { columnsOf } from '#target/table-domain';
import { wordLabel, wordPrediction } from '../predictions.js';
import { resourcesFor } from '../resources.js';
import type { PlanOptions } from '../types.js';
import { agreementOf, type Attributed } from './agreement.js';
import { inputPicture, type Files } from './drawings.js';
import { groundOf, type Ground } from './ground.js';
import type { OpenedTarget } from './open.js';
import { recordedExplainer, recordedScores } from './record.js';
import { planRemoval } from './removal.js';
import { runExplainers, runRemoval, type Limits, type Outcome, type Predicted, type Question } from './run.js';
import type { ReadSample, SampleRequest } from './sample.js';
import { scheduleOf, type Scheduled } from './schedule.js';
import { scoreChoiceOf } from './score.js';

/** What an explanation tells whoever listens. */
export type ExplainEvent =
  | { readonly kind: 'explainer-started'; readonly id: string; readonly position: number; readonly total: number }
  | { readonly kind: 'progress'; readonly id: string; readonly done: number; readonly total: number }
  | {
      readonly kind: 'explainer-finished';
      readonly id: string;
      /** What went wrong; null where nothing did. */
      readonly error: string | null;
      readonly seconds: number;
    }
  | { readonly kind: 'written'; readonly files: readonly string[] };

export interface DecisionOptions extends Pick<PlanOptions, 'only'> {
  readonly request: SampleRequest;
  readonly score?: string;
  readonly seed: number | string;
  readonly signal: AbortSignal;
  readonly on: (event: ExplainEvent) => void;
}

export interface Decided {
  readonly decision: RecordedDecision;
  /** Of each explainer; all that may differ between equal explanations. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** Under which the comparison by removal reports how far it is. */
const REMOVAL = 'deletion and insertion';
/** Time limit of one worker process where the config sets none for its cells. */
const MINUTES = 60;

/** Asks every explainer that fits about one score of one sample, and holds the answers against each other. */
export async function decisionOf(
  loaded: LoadedConfig,
  kit: ExplainingKit,
  opened: OpenedTarget,
  sample: ReadSample,
  files: Files,
  options: DecisionOptions,
): Promise<Decided> {
  const { facts, labels } = opened.target;
  const { domain, head } = facts;
  const tokens = tokensOf(opened, sample);
  const schedule = scheduleOf(kit, loaded, facts, opened.card, options.only);
  const question = questionOf(loaded, opened, sample, tokens, options);
  const asked = await ask(question, schedule, limitsOf(loaded, opened, options.signal), domain, options.on);
  const { predicted, outcomes, attributed, ground, seconds, ...removal } = asked;
  const shown = { domain, ground, files };
  return {
    decision: {
      sample: recordedSample(opened, sample, tokens === null ? null : ground.names, options.request, files),
      prediction: wordPrediction(head, labels, [...predicted.scores]),
      ...recordedScores(head, labels, predicted.scores, predicted.score),
      explainers: schedule.map((each) => recordedExplainer(each, outcomes.get(each.explainer.id), shown)),
      agreement: agreementOf(attributed, ground),
      ...removal,
    },
    seconds,
  };
}

function questionOf(
  { config }: LoadedConfig,
  { target, background }: OpenedTarget,
  { samples }: ReadSample,
  tokens: readonly string[] | null,
  { score, seed }: DecisionOptions,
): Question {
  const { facts, labels } = target;
  return {
    ...{ target, sample: samples, tokens, background, seed },
    score: scoreChoiceOf(score, facts.head, labels),
    resources: resourcesFor(config.execution, target),
  };
}

interface Asked extends Pick<RecordedDecision, 'removal' | 'noRemoval'> {
  readonly predicted: Predicted;
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly attributed: readonly Attributed[];
  readonly ground: Ground;
  readonly seconds: Readonly<Record<string, number>>;
}

/** The explainers one after another, and at last all of them against removal. */
async function ask(
  question: Question,
  schedule: readonly Scheduled[],
  limits: Limits,
  domain: Domain,
  on: DecisionOptions['on'],
): Promise<Asked> {
  const clock = clockFor(on);
  const chosen = schedule.flatMap(({ explainer: { id }, options, because }) =>
    because === null ? { id, options } : [],
  );
  const total = chosen.length + 1;
  const progressOf = (id: string) => (done: number, of: number) => {
    on({ kind: 'progress', id, done, total: of });
  };
  const { predicted, outcomes } = await runExplainers(question, chosen, limits, {
    started: (id, position) => {
      clock.start(id, position, total);
    },
    progress: (id, done, of) => {
      progressOf(id)(done, of);
    },
    finished: (id, outcome) => {
      clock.end(id, outcome.kind === 'error' ? outcome.sentence : null);
    },
  });
  const ground = groundOf(domain, row(question.sample.inputs, 0), question.tokens);
  const attributed = attributedIn(outcomes);
  clock.start(REMOVAL, total, total);
  const decided: Question = { ...question, score: { kind: 'index', index: predicted.score } };
  const compared = await compare(decided, { domain, ground, attributed, limits }, progressOf(REMOVAL));
  clock.end(REMOVAL, compared.noRemoval);
  return { predicted, outcomes, attributed, ground, seconds: clock.seconds, ...compared };
}

function recordedSample(
  { target: { facts, labels } }: OpenedTarget,
  { samples, name, digest }: ReadSample,
  tokens: readonly string[] | null,
  request: SampleRequest,
  files: Files,
): RecordedSample {
  const input = row(samples.inputs, 0);
  const label = [...labelRow(samples.labels, 0)];
  return {
    kind: request.kind,
    index: request.kind === 'index' ? request.index : null,
    ...{ name, digest },
    truth: label.every(Number.isFinite) ? wordLabel(facts.head, labels, label) : null,
    picture: inputPicture(facts.domain, input, files),
    columns: columnWords(facts.domain, input),
    tokens: tokens === null ? null : [...tokens],
  };
}

interface Comparison {
  readonly domain: Domain;
  readonly ground: Ground;
  readonly attributed: readonly Attributed[];
  readonly limits: Limits;
}

async function compare(
  question: Question,
  { domain, ground, attributed, limits }: Comparison,
  progress: (done: number, total: number) => void,
): Promise<Pick<RecordedDecision, 'removal' | 'noRemoval'>> {
  if (attributed.length === 0) return { removal: null, noRemoval: 'No explainer gave attributions.' };
  const { sample, background } = question;
  const { work, baseline } = await planRemoval(domain, row(sample.inputs, 0), background, ground, attributed);
  if (work.attributions.length === 0)
    return { removal: null, noRemoval: 'No explainer tells one feature from another.' };
  const result = await runRemoval(question, work, limits, progress);
  if (typeof result === 'string') return { removal: null, noRemoval: result };
  // As JSON has it: what a worker sends is read-only.
  return { removal: structuredClone({ ...result, baseline }) as RecordedDecision['removal'], noRemoval: null };
}

function attributedIn(outcomes: ReadonlyMap<string, Outcome>): Attributed[] {
  return [...outcomes].flatMap(([id, outcome]) =>
    outcome.kind === 'explained' && outcome.attribution !== null ? { id, attribution: outcome.attribution } : [],
  );
}

/** All processes of an explanation share the budget of an endpoint or module. */
export function limitsOf({ config }: LoadedConfig, { asked }: OpenedTarget, signal: AbortSignal): Limits {
  const { memoryMiB, cellMinutes = MINUTES } = config.execution;
  let left = (config.target?.budget ?? Infinity) - asked;
  const reserve = (rows: number) => {
    const granted = rows <= left;
    if (granted) left -= rows;
    return { granted, left };
  };
  return { memoryMiB, minutes: cellMinutes, signal, reserve };
}

interface Clock {
  readonly seconds: Record<string, number>;
  start(id: string, position: number, total: number): void;
  end(id: string, error: string | null): void;
}

export function clockFor(on: (event: ExplainEvent) => void): Clock {
  const seconds: Record<string, number> = {};
  let since = performance.now();
  return {
    seconds,
    start(id, position, total) {
      since = performance.now();
      on({ kind: 'explainer-started', id, position, total });
    },
    end(id, error) {
      seconds[id] = Math.round(performance.now() - since) / 1000;
      on({ kind: 'explainer-finished', id, error, seconds: seconds[id] });
    },
  };
}

/** Of a text: what each token reads. */
function tokensOf({ facts: { domain, tokenizer } }: OpenedTarget, { samples }: ReadSample): readonly string[] | null {
  if (domain.kind !== 'text') return null;
  const ids = row(samples.inputs, 0);
  return tokenizer == null ? Array.from(ids, String) : tokenizer.tokens(ids);
}

function columnWords(domain: Domain, input: Float32Array): RecordedSample['columns'] {
  if (domain.kind !== 'tabular') return null;
  return columnsOf(domain).map((column) => ({ name: column.name, value: wordOf(column, input) }));
}
