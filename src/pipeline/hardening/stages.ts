import { digestOfJson } from '#base/digest';
import type { JsonObject } from '#base/json';
import { configDigest } from '#config/complete';
import type { BaselineText, CompleteConfig, LoadedConfig, LoadedPolicy } from '#config/loaded';
import type { TargetFacts } from '#plugin/plugin';
import type { Registry } from '#plugin/registry';
import { TRAINING, type ChosenRecipe } from './recipe.js';

/** The runs of a hardening, in their order; each has a run folder of its name. */
export const STAGES = ['before', 'training', 'after'] as const;

export type Stage = (typeof STAGES)[number];

type Audits = LoadedConfig['config']['audits'];

/** What the model is audited by before and after: what a config asks for, and what had to be added to it. */
export interface Compared {
  readonly audits: Audits;
  /** Ids of attacks that the config does not ask for. */
  readonly added: readonly string[];
}

/**
 * The audits of a config that do not train, and where no evasion attack is among them, two along gradients at what the
 * model is trained to withstand: without them nobody would see what training gained.
 *
 * @param only the plugins that the caller wants alone
 * @param recipe complete
 */
export function comparedAudits(
  { config }: LoadedConfig,
  registry: Registry,
  only: readonly string[] | undefined,
  recipe: JsonObject,
  facts: TargetFacts,
): Compared {
  const wanted = only === undefined ? null : new Set(only.map((id) => registry.get(id).id));
  const own = Object.entries(config.audits).filter(
    ([id]) => !trains(id, registry) && (wanted === null || wanted.has(id)),
  );
  const isAttacked = own.some(([id]) => registry.plugins.get(id)?.area === 'evasion');
  if (isAttacked || (wanted !== null && own.length > 0)) return { audits: Object.fromEntries(own), added: [] };
  const attacks = attacksAt(recipe, registry, facts);
  return { audits: Object.fromEntries([...own, ...attacks]), added: attacks.map(([id]) => id) };
}

function trains(id: string, { plugins }: Registry): boolean {
  return plugins.get(id)?.needs.includes('training') ?? false;
}

/** Enough for the examination of attacks to notice what hides gradients, in a short time. */
const TRUST = { samples: 20 } as const;

function attacksAt(recipe: JsonObject, { plugins }: Registry, facts: TargetFacts): [string, JsonObject][] {
  const options = { norm: recipe['norm'] ?? 'Linf', epsilons: recipe['epsilon'], trust: TRUST };
  const fits = (id: string): boolean => (plugins.get(id)?.appliesTo?.(facts, options) ?? null) === null;
  // Towards chosen classes it finds more, where there are enough of them.
  const strong = ['evasion/apgd-t', 'evasion/apgd'].find(fits);
  return ['evasion/pgd', strong].flatMap((id) => (id === undefined ? [] : [[id, options]]));
}

/** The config of the audits before training. Nothing is held against a baseline: these verdicts decide nothing. */
export function beforeStage(loaded: LoadedConfig, registry: Registry, audits: Audits): LoadedConfig {
  const policy = policyOf(loaded.policy, (id) => !trains(id, registry), null);
  return staged(loaded, { audits }, { policy, baseline: null });
}

/** The config of the training alone. */
export function trainingStage(loaded: LoadedConfig, { written, place }: ChosenRecipe): LoadedConfig {
  const policy = policyOf(loaded.policy, (id) => id === TRAINING, null);
  const { positions, ...rest } = staged(loaded, { audits: { [TRAINING]: written } }, { policy, baseline: null });
  return place === 'config' && positions !== undefined ? { ...rest, positions } : rest;
}

/**
 * The config of the audits of the new model: those before it, held against what they found then.
 *
 * @param file of the new model
 */
export function afterStage(
  loaded: LoadedConfig,
  registry: Registry,
  audits: Audits,
  { file, baseline }: { readonly file: string; readonly baseline: BaselineText },
): LoadedConfig {
  const { regression } = loaded.policy.policy;
  const policy = policyOf(loaded.policy, (id) => !trains(id, registry), regression);
  const { target } = loaded.config;
  if (target?.file === undefined) throw new RangeError('only what has a file is trained');
  return staged(loaded, { audits, target: { ...target, file } }, { policy, baseline });
}

function staged(
  loaded: LoadedConfig,
  config: Partial<CompleteConfig>,
  changes: Pick<LoadedConfig, 'policy' | 'baseline'>,
): LoadedConfig {
  const changed = { ...loaded.config, ...config };
  return { ...loaded, config: changed, digest: configDigest(changed), ...changes };
}

/** A policy for some of its audits: each stage answers for its own. */
function policyOf(
  loaded: LoadedPolicy,
  isOfStage: (audit: string) => boolean,
  regression: LoadedPolicy['policy']['regression'],
): LoadedPolicy {
  const audits = Object.fromEntries(Object.entries(loaded.policy.audits).filter(([id]) => isOfStage(id)));
  const policy = { ...loaded.policy, audits, regression };
  return { ...loaded, policy, digest: digestOfJson(policy) };
}
