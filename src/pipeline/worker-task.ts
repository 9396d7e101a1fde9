import type { JsonObject } from '#base/json';
import type { RunContext } from '#plugin/plugin';
import type { Registry } from '#plugin/registry';
import { randomStreams } from '#stats/random';
import { openTarget } from '#target/open';
import type { Samples, Target } from '#target/target';
import { checkpointsIn } from './checkpoints.js';
import { writeEvidence } from './evidence-store.js';
import type { CellTask, InspectTask, Task, TaskResult } from './worker-protocol.js';

export type OnProgress = (done: number, total: number) => void;

/** Does what a worker is there for. */
export function perform(task: Task, registry: Registry, progress: OnProgress): Promise<TaskResult> {
  return task.kind === 'inspect' ? inspect(task) : runCell(task, registry, progress);
}

async function inspect({ target, resources }: InspectTask): Promise<TaskResult> {
  const opened = await openTarget(target.config, target.model, target.probe, resources);
  await opened.target.dispose();
  return { kind: 'inspected', card: opened.card };
}

async function runCell(task: CellTask, registry: Registry, progress: OnProgress): Promise<TaskResult> {
  const { cell, inputs, keep } = task;
  const plugin = registry.get(cell.audit);
  const target = await openNeeded(task, plugin.needs.length > 0);
  const checkpoints = checkpointsIn(task.folder);
  const context: RunContext<JsonObject> = {
    options: cell.options,
    target,
    test: inputs.test ?? NO_SAMPLES,
    train: inputs.train,
    table: inputs.table,
    random: randomStreams(task.seed, cell.audit),
    keep,
    progress,
    step: async (name, compute) => {
      const known = checkpoints.recall(name);
      // What was written is what the caller names: the step of the same name of the same cell.
      if (known !== null) return known as Awaited<ReturnType<typeof compute>>;
      const value = await compute();
      checkpoints.keep(name, value);
      return value;
    },
  };
  const evidence = await plugin.run(context);
  const digest = writeEvidence(task.folder, cell, evidence, { keep, key: `${task.seed}/${cell.audit}` });
  checkpoints.remove();
  await target?.dispose();
  return { kind: 'evidence', digest };
}

async function openNeeded({ inputs, resources }: CellTask, needed: boolean): Promise<Target | null> {
  if (!needed || inputs.target === null) return null;
  const { config, model, probe } = inputs.target;
  return (await openTarget(config, model, probe, resources)).target;
}

const NO_SAMPLES: Samples = {
  inputs: { shape: [0], data: new Float32Array(0) },
  labels: { width: 1, values: new Float64Array(0) },
  indices: [],
};
