import { AssayError, messageOf } from '#base/errors';
import type { Json, JsonObject } from '#base/json';
import { row, rowRange, rowSize, sizeOf } from '#base/tensor';
import { sourceOf } from '#data/streams/stored-samples';
import type { Resources } from '#engine/index';
import type { StoredSamples } from '#data/streams/stored-samples';
import type { ExplainingKit, RemovalRequest } from '#plugin/explaining';
import type { Attribution, ExplainContext, Explained, Explainer } from '#plugin/explainer';
import type { StepValue } from '#plugin/plugin';
import { randomStreams, type RandomStreams } from '#stats/random';
import { labelRow } from '#target/head';
import { openTarget } from '#target/open';
import type { Samples, Target } from '#target/target';
import { plainJson } from '../plain-json.js';
import type { TargetInput } from '../types.js';
import type { TaskResult } from '../worker-protocol.js';
import { dealingsOf, type TaskPort } from '../worker-task.js';
import { chosenScore, type ScoreChoice } from './score.js';

/** Explains one score of one sample. Everything comes as values, or as files without a name that the worker inherits. */
export interface ExplainTask {
  readonly kind: 'explain';
  readonly target: TargetInput;
  /** One sample. */
  readonly sample: Samples;
  readonly tokens: readonly string[] | null;
  readonly background: StoredSamples;
  readonly score: ScoreChoice;
  readonly explainers: readonly ChosenExplainer[];
  /** Attributions that are held against removal, after all explainers. */
  readonly removal: RemovalWork | null;
  readonly seed: number | string;
  readonly resources: Resources;
}

export interface ChosenExplainer {
  readonly id: string;
  /** Complete. */
  readonly options: JsonObject;
}

export type RemovalWork = Pick<RemovalRequest, 'baseline' | 'of' | 'features' | 'attributions' | 'orders'>;

/** Under which a task keeps the scores of the sample, before anything is explained, and the comparison by removal. */
export const PREDICTION = '#prediction';
export const REMOVAL = '#removal';

/** Does the task, and keeps each result as soon as it is there: whatever ends the process later does not take it along. */
export async function explainInWorker(task: ExplainTask, kit: ExplainingKit, port: TaskPort): Promise<TaskResult> {
  const { config, model, probe, device } = task.target;
  const { target } = await openTarget(config, model, probe, task.resources, device, dealingsOf(task.target, port));
  try {
    const score = await predicted(task, target, port);
    for (const chosen of task.explainers) {
      await port.keep(chosen.id, await attempt(explainerOf(kit, chosen), contextOf(task, chosen, target, score, port)));
      port.progress(1, 1);
    }
    if (task.removal !== null) await port.keep(REMOVAL, await removed(task, task.removal, kit, target, score, port));
    return { kind: 'explained' };
  } finally {
    await target.dispose();
  }
}

async function predicted({ sample, score }: ExplainTask, target: Target, port: TaskPort): Promise<number> {
  const scores = row(await target.predict(sample.inputs), 0).slice();
  const chosen = chosenScore(score, target.head, scores, labelRow(sample.labels, 0));
  await port.keep(PREDICTION, { json: { score: chosen }, arrays: { scores } });
  return chosen;
}

function explainerOf({ explainers }: ExplainingKit, { id }: ChosenExplainer): Explainer {
  const found = explainers.find((explainer) => explainer.id === id);
  if (found === undefined) throw new AssayError('worker', { where: id, what: 'there is no such explainer' });
  return found;
}

function contextOf(
  task: ExplainTask,
  { id, options }: ChosenExplainer,
  target: Target,
  score: number,
  port: TaskPort,
): ExplainContext<JsonObject> {
  const { sample, tokens, background, seed } = task;
  return {
    ...{ options, target, sample, score, tokens },
    background: sourceOf(background),
    random: streamsOf(seed, id),
    progress: (done, total) => {
      port.progress(done, total);
    },
  };
}

export function streamsOf(seed: number | string, id: string): RandomStreams {
  return randomStreams(seed, `explain/${id}`);
}

/**
 * What an explainer does wrong is what it has to show, in one sentence, and no error of the task. An operator for which its
 * method says nothing, such as attention for LRP, is no error: it does not fit the model.
 */
async function attempt(explainer: Explainer, context: ExplainContext<JsonObject>): Promise<StepValue> {
  try {
    return asStep(await explainer.explain(context), rowSize(context.sample.inputs));
  } catch (thrown) {
    // What the user's budget or a caller ends, ends the task.
    if (thrown instanceof AssayError && thrown.code === 'interrupted') throw thrown;
    const isUnfit = thrown instanceof AssayError && thrown.code === 'operator';
    return { json: { [isUnfit ? 'unfit' : 'error']: sentenceOf(thrown) }, arrays: {} };
  }
}

export function sentenceOf(thrown: unknown): string {
  if (thrown instanceof AssayError) return messageOf(thrown);
  return `The explainer failed: ${messageOf(thrown).replace(/\.$/, '')}.`;
}

function asStep({ attribution, details, statements }: Explained, size: number): StepValue {
  const said = { details, statements: [...statements] } as unknown as Json;
  if (attribution === null) return { json: plainJson({ said, attribution: null }, 'explained'), arrays: {} };
  checkAttribution(attribution, size);
  const { values, standardErrors, features, completeness = null } = attribution;
  return {
    json: plainJson({ said, attribution: { names: features?.names ?? null, completeness } }, 'explained'),
    arrays: {
      values,
      ...(standardErrors === undefined ? {} : { standardErrors }),
      ...(features === undefined ? {} : { of: features.of }),
    },
  };
}

/** @throws AssayError `plugin` for values that fit no input */
function checkAttribution(
  { values, standardErrors = values, features, completeness }: Attribution,
  size: number,
): void {
  const wanted = features?.names.length ?? size;
  const fail = (what: string): never => {
    throw new AssayError('plugin', { what: `the explainer gave ${what}` });
  };
  if (values.length !== wanted) fail(`${values.length} values for ${wanted} features`);
  if (standardErrors.length !== wanted) fail(`${standardErrors.length} standard errors for ${wanted} features`);
  if (features !== undefined && features.of.length !== size) {
    fail(`the features of ${features.of.length} values, and an input has ${size}`);
  }
  const sums = completeness === undefined ? [] : [completeness.difference, completeness.residual];
  if (!values.every(Number.isFinite) || !standardErrors.every(Number.isFinite) || !sums.every(Number.isFinite)) {
    fail('a value that is not finite: the gradients or scores of the model are not');
  }
}

async function removed(
  { sample, seed }: ExplainTask,
  work: RemovalWork,
  kit: ExplainingKit,
  target: Target,
  score: number,
  port: TaskPort,
): Promise<StepValue> {
  const inputs = rowRange(sample.inputs, 0, 1);
  if (work.of.length !== sizeOf(inputs.shape)) throw new AssayError('worker', { what: 'the ground fits no input' });
  const random = streamsOf(seed, 'removal').of(sample.indices[0] ?? -1);
  const progress = (done: number, total: number): void => {
    port.progress(done, total);
  };
  const result = await kit.removal({ ...work, target, sample: inputs, score, random, progress });
  return { json: plainJson(result, 'removal'), arrays: {} };
}
