import { AssayError } from '#base/errors';
import type { JsonObject } from '#base/json';
import { sourceOf, type StoredSamples } from '#data/streams/stored-samples';
import type { ExplainingKit } from '#plugin/explaining';
import type { ModelExplainContext, ModelExplainer } from '#plugin/model-explainer';
import type { StepValue } from '#plugin/plugin';
import { openTarget } from '#target/open';
import type { Target } from '#target/target';
import { plainJson } from '../plain-json.js';
import type { TaskResult } from '../worker-protocol.js';
import { dealingsOf, type TaskPort } from '../worker-task.js';
import { sentenceOf, streamsOf, type ChosenExplainer, type ExplainTask } from './task.js';

/** Explains the model as a whole. */
export interface DescribeTask extends Pick<ExplainTask, 'target' | 'background' | 'explainers' | 'seed' | 'resources'> {
  readonly kind: 'describe';
  /** What the options of explainers name. */
  readonly inputs: readonly GivenInputs[];
}

export interface GivenInputs {
  readonly explainer: string;
  readonly name: string;
  readonly stored: StoredSamples;
}

/** Under which a task keeps what is said of every model. */
export const MODEL = '#model';

/**
 * Does the task. All that explainers are asked is checked before the first of them begins; what one of them does wrong after
 * that is what it has to show.
 */
export async function describeInWorker(task: DescribeTask, kit: ExplainingKit, port: TaskPort): Promise<TaskResult> {
  const { config, model, probe, device } = task.target;
  const { target } = await openTarget(config, model, probe, task.resources, device, dealingsOf(task.target, port));
  try {
    const asked = task.explainers.map((chosen) => ({
      explainer: explainerOf(kit, chosen),
      context: contextOf(task, chosen, target, port),
    }));
    for (const { explainer, context } of asked) await explainer.check(context);
    const details = await kit.model({
      target,
      background: sourceOf(task.background),
      random: streamsOf(task.seed, 'model'),
      progress: progressOf(port),
    });
    await port.keep(MODEL, { json: plainJson(details, 'model'), arrays: {} });
    for (const { explainer, context } of asked) await port.keep(explainer.id, await attempt(explainer, context));
    return { kind: 'explained' };
  } finally {
    await target.dispose();
  }
}

function explainerOf({ ofModel }: ExplainingKit, { id }: ChosenExplainer): ModelExplainer {
  const found = ofModel.find((explainer) => explainer.id === id);
  if (found === undefined) throw new AssayError('worker', { where: id, what: 'there is no such explainer' });
  return found;
}

function contextOf(
  task: DescribeTask,
  { id, options }: ChosenExplainer,
  target: Target,
  port: TaskPort,
): ModelExplainContext<JsonObject> {
  const own = task.inputs.filter(({ explainer }) => explainer === id);
  return {
    ...{ options, target },
    background: sourceOf(task.background),
    inputs: new Map(own.map(({ name, stored }) => [name, sourceOf(stored)])),
    random: streamsOf(task.seed, id),
    progress: progressOf(port),
  };
}

function progressOf(port: TaskPort): TaskPort['progress'] {
  return (done, total) => {
    port.progress(done, total);
  };
}

/** As that of explainers of single decisions, with the same words for what went wrong. */
async function attempt(explainer: ModelExplainer, context: ModelExplainContext<JsonObject>): Promise<StepValue> {
  try {
    const { details, statements } = await explainer.explain(context);
    return { json: plainJson({ said: { details, statements }, attribution: null }, 'explained'), arrays: {} };
  } catch (thrown) {
    if (thrown instanceof AssayError && thrown.code === 'interrupted') throw thrown;
    return { json: { error: sentenceOf(thrown) }, arrays: {} };
  }
}
