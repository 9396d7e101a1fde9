import { AssayError, messageOf } from '#base/errors';
import type { JsonObject } from '#base/json';
import { tableSourceOf } from '#data/stored-table';
import { sourceOf } from '#data/streams/stored-samples';
import type { Bookmark, Evidence, Plugin, RunContext, StepValue } from '#plugin/plugin';
import type { Registry } from '#plugin/registry';
import type { Traffic } from '#report/report';
import { randomStreams } from '#stats/random';
import { requireAgreement } from '#target/agreement';
import type { Dealings } from '#target/black-box/configured';
import { isBlackBox } from '#target/black-box/declare';
import { checkAnswers } from '#target/black-box/open';
import { purseOf, usedUp } from '#target/black-box/purse';
import { BlackBoxTarget } from '#target/black-box/target';
import { checkTarget } from '#target/checks/index';
import { openTarget } from '#target/open';
import { noSamples } from '#target/sample-source';
import type { Target } from '#target/target';
import { readerOf } from './named-files.js';
import { plainJson } from './plain-json.js';
import type { TargetInput } from './types.js';
import type { CellTask, Grant, InspectTask, PredictTask, TaskResult } from './worker-protocol.js';

/** What a task has of the world: whoever listens to its progress and keeps its checkpoints. */
export interface TaskPort {
  progress(done: number, total: number): void;
  /** What was kept under this name before; null when nothing was. */
  recall(name: string): Promise<StepValue | null>;
  /** The value is on the disk when this resolves. */
  keep(name: string, value: StepValue): Promise<void>;
  /** Counts rows that an endpoint or module is asked for, before it is. */
  reserve(rows: number): Promise<Grant>;
}

/** Does what a worker is there for. */
export function perform(
  task: InspectTask | PredictTask | CellTask,
  registry: Registry,
  port: TaskPort,
): Promise<TaskResult> {
  if (task.kind === 'inspect') return inspect(task);
  return task.kind === 'predict' ? predict(task, port) : runCell(task, registry.get(task.cell.audit), port);
}

async function inspect({ target, test, resources }: InspectTask): Promise<TaskResult> {
  const { config, model, probe, device } = target;
  const opened = await openTarget(config, model, probe, resources, device, dealingsOf(target));
  if (device !== 'cpu') {
    const onCpu = await openTarget(config, model, probe, resources, 'cpu');
    await requireAgreement(opened.card, opened.target, onCpu.target, probe);
    await onCpu.target.dispose();
  }
  const measured = isBlackBox(config)
    ? await checkAnswers(opened.target, probe)
    : await checkTarget(opened.target, probe, test && sourceOf(test));
  await opened.target.dispose();
  return { kind: 'inspected', card: { ...opened.card, ...measured } };
}

async function predict({ target: input, inputs, resources }: PredictTask, port: TaskPort): Promise<TaskResult> {
  const { config, model, probe, device } = input;
  const { target } = await openTarget(config, model, probe, resources, device, dealingsOf(input, port));
  const source = sourceOf(inputs);
  const { length } = source.indices;
  const parts: Float32Array[] = [];
  for (let start = 0; start < length; start += PART) {
    const { inputs: part } = await source.range(start, Math.min(start + PART, length));
    parts.push((await target.predict(part)).data);
    port.progress(Math.min(start + PART, length), length);
  }
  await target.dispose();
  return { kind: 'predicted', scores: joined(parts) };
}

/** Samples that are held as inputs at a time. */
const PART = 4096;

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function runCell(task: CellTask, plugin: Plugin, port: TaskPort): Promise<TaskResult> {
  const target = await openNeeded(task, plugin, port);
  try {
    const evidence = await runPlugin(plugin, contextOf(task, target, port));
    return {
      kind: 'evidence',
      evidence: { ...evidence, data: plainJson(evidence.data, 'data') },
      ...trafficOf(target),
    };
  } finally {
    await target?.dispose();
  }
}

async function openNeeded({ inputs, resources }: CellTask, plugin: Plugin, port: TaskPort): Promise<Target | null> {
  if (plugin.needs.length === 0 || inputs.target === null) return null;
  const { config, model, probe, device } = inputs.target;
  return (await openTarget(config, model, probe, resources, device, dealingsOf(inputs.target, port))).target;
}

/** Every row that a cell asks for goes through the ledger of the run; planning has counted its own before. */
export function dealingsOf({ config, answered }: TargetInput, port?: TaskPort): Dealings {
  const before = answered ?? null;
  if (port === undefined || !isBlackBox(config)) return { purse: purseOf(undefined), before };
  const take = async (rows: number): Promise<void> => {
    const { granted, left } = await port.reserve(rows);
    if (!granted) throw usedUp(rows, left, config.budget ?? Infinity);
  };
  return { purse: { take }, before };
}

function trafficOf(target: Target | null): { readonly traffic?: Traffic } {
  if (!(target instanceof BlackBoxTarget)) return {};
  const { queries, traffic } = target;
  const rows = queries.predictions + queries.gradients;
  return { traffic: { rows, requests: traffic?.requests ?? 0, retried: traffic?.retried ?? 0 } };
}

async function runPlugin(plugin: Plugin, context: RunContext<JsonObject>): Promise<Evidence<unknown>> {
  try {
    return await plugin.run(context);
  } catch (cause) {
    if (cause instanceof AssayError) throw cause;
    throw new AssayError('plugin', { what: `the plugin failed: ${messageOf(cause).replace(/\.$/, '')}`, cause });
  }
}

function contextOf(task: CellTask, target: Target | null, port: TaskPort): RunContext<JsonObject> {
  const { cell, inputs, seed, keep, files = {} } = task;
  return {
    options: cell.options,
    target,
    test: inputs.test === null ? noSamples(target?.domain.shape ?? []) : sourceOf(inputs.test),
    train: inputs.train && sourceOf(inputs.train),
    table: inputs.table && tableSourceOf(inputs.table),
    population: inputs.population && tableSourceOf(inputs.population),
    readFile: readerOf(files),
    random: randomStreams(seed, cell.audit),
    keep,
    progress: (done, total) => {
      port.progress(done, total);
    },
    ...checkpointing(port),
  };
}

/**
 * A step gives what was kept of it, or computes and keeps it. Either way the plugin gets what the disk holds, so that a
 * resumed run goes on from the same values as one that was never stopped.
 */
function checkpointing(port: TaskPort): Pick<RunContext<JsonObject>, 'step' | 'bookmark'> {
  const names = new Set<string>();
  const claim = (name: string): void => {
    if (names.has(name)) {
      throw new AssayError('plugin', { what: `two steps of the cell are named \`${name}\``, mend: 'Name each once.' });
    }
    names.add(name);
  };
  return {
    async step<T extends StepValue>(name: string, compute: () => Promise<T>): Promise<T> {
      claim(name);
      const known = await port.recall(name);
      // A step's type is its own business: what is recalled is what this very step kept.
      if (known !== null) return known as T;
      const { json, arrays } = await compute();
      const value: StepValue = { json: plainJson(json, name), arrays };
      await port.keep(name, value);
      return value as T;
    },
    bookmark<T extends StepValue>(name: string): Bookmark<T> {
      claim(name);
      return {
        recall: async () => (await port.recall(name)) as T | null,
        keep: ({ json, arrays }) => port.keep(name, { json: plainJson(json, name), arrays }),
      };
    },
  };
}
