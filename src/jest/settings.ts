import { builtinPlugins } from '#builtin';
import type { JsonObject } from '#base/json';
import { auditsOf } from '#config/audits';
import type { CompletePolicy } from '#config/loaded';
import { checkThresholds } from '#config/policy';
import { configFromValue } from '#config/value';
import { loadPlugins } from '#plugin/load';
import type { JudgePolicy, Plugin } from '#plugin/plugin';
import { createRegistry } from '#plugin/registry';
import type { MatcherAudit } from './audit.js';

/** What an audit in the test itself is run and judged by. */
export interface Settings {
  readonly plugin: Plugin;
  readonly options: JsonObject;
  readonly policy: JudgePolicy<JsonObject>;
}

/**
 * The plugin, its options and its bars, completed and checked as those of a config and a policy are.
 *
 * @throws AssayError `config` or `policy` with the sentence that a config or a policy would be refused with
 */
export async function settingsOf({
  matcher,
  audit,
  plugin,
  options,
  policy,
  plugins,
}: MatcherAudit): Promise<Settings> {
  const loaded = await configFromValue(
    { audits: { [audit]: options }, plugins },
    { cwd: process.cwd(), name: matcher, policy },
  );
  const known = await pluginsOf(plugin, loaded.config.plugins, loaded.file);
  const [audited] = auditsOf(loaded, known);
  const [own] = checkThresholds(loaded.policy, known).values();
  const found = known.get(audit);
  // `auditsOf` refuses what names no plugin.
  if (audited === undefined || found === undefined) throw new Error(`${audit} was not found`);
  return { plugin: found, options: audited.options, policy: judgedBy(found, own, loaded.policy.policy) };
}

async function pluginsOf(
  given: Plugin | null,
  modules: readonly string[],
  from: string,
): Promise<ReadonlyMap<string, Plugin>> {
  if (given !== null) return new Map([[given.id, given]]);
  return createRegistry([...builtinPlugins, ...(await loadPlugins(modules, { from }))]).plugins;
}

function judgedBy(plugin: Plugin, own: JsonObject | undefined, policy: CompletePolicy): JudgePolicy<JsonObject> {
  const { minimumSamples, preset } = policy;
  return own === undefined
    ? { thresholds: plugin.presets[preset] as JsonObject, setBy: `preset ${preset}`, minimumSamples }
    : { thresholds: own, setBy: 'matcher', minimumSamples };
}
