import { basename } from 'node:path';
import { digestOfJson, type Digest } from '#base/digest';
import { AssayError, messageOf } from '#base/errors';
import { packageVersion } from '#base/package-root';
import { auditsOf, type Audit } from '#config/audits';
import type { LoadedConfig } from '#config/loaded';
import { nameIn } from '#config/document/find';
import { checkThresholds } from '#config/policy';
import type { Plugin } from '#plugin/plugin';
import type { Registry } from '#plugin/registry';
import { isBlackBox } from '#target/black-box/declare';
import { parseBaseline } from './baseline/file.js';
import { fateOf, type Facts } from './fate.js';
import { withinBudget } from './budget.js';
import { readInputs, type ReadInputs } from './inputs.js';
import { digestOfNamed, readAllNamed, type NamedFiles } from './named-files.js';
import { placeBlackBox, type PlacedBlackBox } from './place-black-box.js';
import { placeTarget, type PlacedTarget } from './placement.js';
import type { Cell, Plan, PlannedRun, PlanOptions, TargetFiles } from './types.js';

/**
 * Reads model and data once, has the target inspected in a worker, and lists the cells. Nothing is attacked yet.
 *
 * @throws AssayError of exit code 4 for whatever is wrong with config, policy, model or data; `nothing-audited` where
 *   no audit is left
 */
export async function planRun(loaded: LoadedConfig, registry: Registry, options: PlanOptions): Promise<PlannedRun> {
  const { config } = loaded;
  const audits = auditsOf(loaded, registry.plugins);
  const only = options.only === undefined ? null : new Set(options.only.map((id) => registry.get(id).id));
  refuseNothing(audits, only, loaded.file);
  checkThresholds(loaded.policy, registry.plugins);
  if (loaded.baseline !== null) parseBaseline(loaded.baseline.text, nameIn(process.cwd(), loaded.baseline.file));
  const seed = options.seed ?? config.seed;
  const inputs = await readInputs(config, seed, options.sample);
  const placed = inputs.target === null ? null : await place(inputs.target, inputs, loaded, options);
  const card = placed?.card ?? null;
  const facts: Facts = { config, inputs, card, only };
  const planned: { readonly cell: Cell; readonly files: NamedFiles }[] = [];
  for (const audit of audits) {
    const plugin = registry.get(audit.audit);
    const files = await readAllNamed(
      asPlugin(plugin, () => plugin.files?.(audit.options) ?? []),
      loaded.file,
    );
    planned.push({ cell: cellOf(audit, plugin, { ...facts, seed, files }), files });
  }
  const wanted = planned.map(({ cell }) => cell);
  const asks = ({ audit }: Cell): boolean => registry.get(audit).needs.length > 0;
  const { cells, queries } = isAsked(placed)
    ? withinBudget(wanted, asks, config.target?.budget, placed.overhead)
    : { cells: wanted };
  const data = [inputs.test, inputs.train, inputs.table, inputs.population].flatMap((each) =>
    each === null ? [] : [each.card],
  );
  const digest = digestOfPlan(cells, card?.digest ?? null, data, seed);
  const plan: Plan = { cells, target: card, data, seed, digest, ...(queries === undefined ? {} : { queries }) };
  return {
    plan,
    loaded,
    registry,
    inputs: {
      target: placed?.target ?? null,
      test: inputs.test?.stored ?? null,
      train: inputs.train?.stored ?? null,
      table: inputs.table?.stored ?? null,
      population: inputs.population?.stored ?? null,
    },
    options,
    files: new Map(planned.map(({ cell, files }) => [cell.id, files])),
    ...(isAsked(placed) ? { asked: placed.asked } : {}),
  };
}

async function place(
  files: TargetFiles,
  { test }: ReadInputs,
  loaded: LoadedConfig,
  options: PlanOptions,
): Promise<PlacedTarget | PlacedBlackBox> {
  const { config } = files;
  if (isBlackBox(config)) return placeBlackBox(files, config, loaded, options);
  return placeTarget(files, test?.stored ?? null, loaded, options);
}

function isAsked(placed: PlacedTarget | PlacedBlackBox | null): placed is PlacedBlackBox {
  return placed !== null && 'asked' in placed;
}

function refuseNothing(audits: readonly Audit[], only: ReadonlySet<string> | null, file: string): void {
  if (audits.some(({ audit }) => only === null || only.has(audit))) return;
  throw new AssayError('nothing-audited', {
    where: basename(file),
    what: only === null ? '`audits` is empty' : `\`audits\` has none of ${[...only].join(', ')}`,
    mend: '`assay list` names what can be audited.',
  });
}

function cellOf(
  { audit, options, place }: Audit,
  plugin: Plugin,
  facts: Facts & { readonly seed: number | string; readonly files: NamedFiles },
): Cell {
  const { inputs, card, config, seed, files } = facts;
  const used = plugin.needs.length === 0 ? null : card;
  const id = digestOfJson({
    tool: packageVersion(),
    target: used === null ? null : { digest: used.digest, engine: used.engine, device: used.device },
    audit,
    options,
    data: Object.fromEntries(plugin.data.map((need) => [need, inputs[need]?.card.digest ?? null])),
    ...groupsRead(plugin, inputs),
    ...digestOfNamed(files),
    seed,
    keep: config.keep,
  });
  const samples = plugin.data.map((need) => inputs[need]?.card.used ?? 0)[0] ?? 0;
  return asPlugin(plugin, () => ({
    id,
    audit,
    options,
    data: [...plugin.data],
    cost: plugin.cost(samples, options),
    place,
    fate: fateOf(plugin, options, facts),
  }));
}

/** The groups of the samples that a plugin reads, which are no part of the digest of these; nothing where there are none. */
function groupsRead({ data }: Plugin, { test, train }: ReadInputs): { readonly groups?: Digest } {
  const groups = [data.includes('test') ? test : null, data.includes('train') ? train : null].map(
    (read) => read?.stored.groups ?? [],
  );
  return groups.flat().length === 0 ? {} : { groups: digestOfJson(groups.map((columns) => [...columns])) };
}

/** Names the plugin in whatever one of its functions throws. */
function asPlugin<T>({ id }: Plugin, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof AssayError) throw cause;
    throw new AssayError('plugin', { where: id, what: `the plugin could not be planned: ${messageOf(cause)}`, cause });
  }
}

function digestOfPlan(
  cells: readonly Cell[],
  target: string | null,
  data: readonly { readonly role: string; readonly digest: string }[],
  seed: number | string,
): Digest {
  return digestOfJson({
    cells: cells.map(({ id, fate }) => ({ id, fate })),
    target,
    data: data.map(({ role, digest }) => ({ role, digest })),
    seed,
  });
}
