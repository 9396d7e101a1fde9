import { basename } from 'node:path';
import { digestOfJson } from '#base/digest';
import { AssayError } from '#base/errors';
import { packageVersion } from '#base/package-root';
import { rowRange, rowsOf, type Tensor } from '#base/tensor';
import { auditsOf, type Audit } from '#config/audits';
import type { LoadedConfig } from '#config/loaded';
import { checkThresholds } from '#config/policy';
import type { TargetConfig } from '#config/schema';
import { loadSamples, type LoadedSamples } from '#data/load-samples';
import { loadTable, type LoadedTable } from '#data/load-table';
import type { DataNeed, Plugin } from '#plugin/plugin';
import type { Registry } from '#plugin/registry';
import type { TargetCard } from '#report/report';
import { declareTarget, type Declaration } from '#target/declare';
import { readModelFile } from '#target/read-model';
import type { Cell, Plan, PlannedRun, PlanOptions, TargetInput } from './types.js';
import { runInWorker } from './worker.js';

/** Real samples that a target is opened on. */
const PROBE = 64;

/**
 * Reads model and data once, has the target inspected in a worker, and lists the cells. Nothing is attacked yet.
 *
 * @throws AssayError of exit code 4 for whatever is wrong with config, model or data; `nothing-audited` without cells
 */
export async function planRun(loaded: LoadedConfig, registry: Registry, options: PlanOptions): Promise<PlannedRun> {
  const { config } = loaded;
  const audits = auditsOf(loaded, registry.plugins);
  refuseUnknown(options.only ?? [], registry);
  checkThresholds(loaded.policy, registry.plugins);
  const seed = options.seed ?? config.seed;
  const opened = config.target === undefined ? null : await readTarget(config.target);
  const data = await readData(loaded, opened?.declaration ?? null, seed, options.sample);
  const target =
    opened === null || config.target === undefined ? null : targetInput(config.target, opened, data, loaded);
  const card = target === null ? null : await inspect(target, loaded, options.signal);
  const facts: PlanFacts = { loaded, data, card, target, seed, only: options.only ?? null };
  const cells = audits.map((audit) => cellOf(audit, registry.get(audit.audit), facts));
  if (cells.every(({ fate }) => fate.kind === 'not-run')) {
    throw new AssayError('nothing-audited', { where: basename(loaded.file), what: 'no audit is left to run' });
  }
  const cards = [data.test?.card, data.train?.card, data.table?.card].filter((each) => each !== undefined);
  const plan: Plan = {
    cells,
    target: card,
    data: cards,
    seed,
    digest: digestOfJson({ cells: cells.map(({ id, fate }) => ({ id, fate })), target: card?.digest ?? null, seed }),
  };
  const inputs = {
    target,
    test: data.test?.samples ?? null,
    train: data.train?.samples ?? null,
    table: data.table?.table ?? null,
  };
  return { plan, loaded, registry, inputs, command: commandOf(loaded, options) };
}

interface ReadTarget {
  readonly model: Awaited<ReturnType<typeof readModelFile>>;
  readonly declaration: Declaration;
}

async function readTarget(config: TargetConfig): Promise<ReadTarget> {
  const model = await readModelFile(config.file);
  return { model, declaration: await declareTarget(config, model) };
}

interface ReadData {
  readonly test: LoadedSamples | null;
  readonly train: LoadedSamples | null;
  readonly table: LoadedTable | null;
}

async function readData(
  { config }: LoadedConfig,
  facts: Declaration | null,
  seed: number | string,
  sample: number | undefined,
): Promise<ReadData> {
  const { test, train, table } = config.data;
  return {
    test: test && facts ? await loadSamples(test, facts, seed, { sample, role: 'test' }) : null,
    train: train && facts ? await loadSamples(train, facts, seed, { role: 'train' }) : null,
    table: table ? await loadTable(table) : null,
  };
}

function targetInput(
  config: TargetConfig,
  { model, declaration }: ReadTarget,
  data: ReadData,
  { file }: LoadedConfig,
): TargetInput {
  const samples = data.test ?? data.train;
  if (samples === null) {
    throw new AssayError('config', {
      where: basename(file),
      what: '`data.test` is missing, and a target is opened on real samples',
      mend: 'Name inputs and labels of a test set.',
    });
  }
  const { domain, head, labels } = declaration;
  const { main, files } = model;
  return { config, model: { main, files }, facts: { domain, head }, labels, probe: probeOf(samples.samples.inputs) };
}

/** Copied: a view would send the whole data set along. */
function probeOf(inputs: Tensor): Tensor {
  const { shape, data } = rowRange(inputs, 0, Math.min(PROBE, rowsOf(inputs)));
  return { shape, data: data.slice() };
}

async function inspect(
  target: TargetInput,
  { config }: LoadedConfig,
  signal: AbortSignal | undefined,
): Promise<TargetCard> {
  const { threads, batchSize, memoryMiB, cellMinutes } = config.execution;
  const limits = { memoryMiB, minutes: cellMinutes, signal };
  try {
    const { result } = await runInWorker({ kind: 'inspect', target, resources: { threads, batchSize } }, limits);
    if (result.kind === 'inspected') return result.card;
  } catch (thrown) {
    if (!(thrown instanceof AssayError) || thrown.code !== 'worker') throw thrown;
    throw new AssayError('model', {
      where: target.model.main,
      what: `the model could not be opened: ${thrown.what}`,
      ...(thrown.mend === undefined ? {} : { mend: thrown.mend }),
      cause: thrown,
    });
  }
  throw new AssayError('model', { where: target.model.main, what: 'the model could not be inspected' });
}

interface PlanFacts {
  readonly loaded: LoadedConfig;
  readonly data: ReadData;
  readonly card: TargetCard | null;
  readonly target: TargetInput | null;
  readonly seed: number | string;
  readonly only: readonly string[] | null;
}

function cellOf({ audit, options }: Audit, plugin: Plugin, facts: PlanFacts): Cell {
  const { data, card, seed, loaded } = facts;
  const digests = Object.fromEntries(plugin.data.map((need) => [need, data[need]?.card.digest ?? null]));
  const id = digestOfJson({
    tool: packageVersion(),
    target: plugin.needs.length === 0 ? null : (card?.digest ?? null),
    engine: card?.engine ?? null,
    device: card?.device ?? null,
    audit,
    options,
    data: digests,
    seed,
    keep: loaded.config.keep,
  });
  const rows = (need: DataNeed): number => data[need]?.card.used ?? 0;
  const cost = plugin.cost(rows(plugin.data[0] ?? 'test'), options);
  return { id, audit, options, data: plugin.data, cost, fate: fateOf(plugin, options, facts) };
}

function fateOf(plugin: Plugin, options: Audit['options'], facts: PlanFacts): Cell['fate'] {
  const { data, card, target, only } = facts;
  if (only !== null && !only.includes(plugin.id)) return { kind: 'not-run', because: 'It was left out by `--only`.' };
  if (plugin.needs.length > 0 && (card === null || target === null)) {
    return { kind: 'inconclusive', because: 'It needs a target: fill in `target`.' };
  }
  const unfit = target === null ? null : (plugin.appliesTo?.(target.facts, options) ?? null);
  if (unfit !== null) return { kind: 'not-applicable', because: unfit };
  for (const need of plugin.needs) {
    if (card?.capabilities.includes(need) === true) continue;
    const because = card?.missing.find(({ capability }) => capability === need)?.because ?? 'its engine cannot do that';
    return { kind: 'inconclusive', because: `The target has no ${need}: ${because}.` };
  }
  const missing = plugin.data.find((need) => data[need] === null);
  if (missing !== undefined) return { kind: 'inconclusive', because: `It needs data: fill in \`data.${missing}\`.` };
  return { kind: 'run' };
}

function refuseUnknown(only: readonly string[], registry: Registry): void {
  for (const id of only) registry.get(id);
}

function commandOf({ file }: LoadedConfig, { sample, seed }: PlanOptions): string {
  const parts = ['assay audit', basename(file)];
  if (sample !== undefined) parts.push(`--sample ${sample}`);
  if (seed !== undefined) parts.push(`--seed ${seed}`);
  return parts.join(' ');
}
