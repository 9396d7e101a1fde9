import { resolve } from 'node:path';
import type { TObject } from '@sinclair/typebox';
import { digestOfJson } from '#base/digest';
import type { JsonObject } from '#base/json';
import { TARGET_CHECKS } from '#report/report';
import { closedObject, unknownPlugin, type ConfigurablePlugin } from './configurable.js';
import { nameIn } from './document/find.js';
import { readDocument } from './document/read.js';
import type { LoadedPolicy } from './loaded.js';
import { failWith, inside, type Place, type Positions } from './place.js';
import { PolicyConfig } from './policy-schema.js';
import { check } from './validate.js';

/** What a rate has to come from, where the policy says nothing else. */
const MINIMUM_SAMPLES = { baseline: 100, strict: 100, 'high-risk': 1000 } as const;

/** The rules against a baseline, where the policy sets none of its own. */
export const REGRESSION = { alpha: 0.05, drop: 0 } as const;

/** What precedes the id of an audit in the name of its comparison with a baseline: a waiver of the one is none of the other. */
export const COMPARISON = 'regression/';

/** The finding of a policy with rules against a baseline where there is none. */
export const WITHOUT_BASELINE = `${COMPARISON}baseline`;

/**
 * Reads and completes a policy file; without one (null) the preset `baseline` decides. `path` is relative to `cwd`.
 * Thresholds are checked later, by {@link checkThresholds}: which there are is each plugin's to say. A waiver that has
 * expired is kept: the gate says so.
 *
 * Throws an AssayError of code `policy`, for a waiver without a reason, an owner or a real day of expiry too.
 */
export async function loadPolicy(path: string | null, cwd: string = process.cwd()): Promise<LoadedPolicy> {
  if (path === null) return completed(null, {}, undefined);
  const file = resolve(cwd, path);
  const named = { path: file, name: nameIn(cwd, file), code: 'policy' } as const;
  const { value, positions } = await readDocument(named);
  const policy = check(PolicyConfig, value, { code: 'policy', file: named.name, path: [], positions });
  return completed(file, policy, positions);
}

/** A policy written as a value, such as by a program; `name` stands where messages name its file. */
export function policyFromValue(value: unknown, name: string): LoadedPolicy {
  return completed(null, check(PolicyConfig, value, { code: 'policy', file: name, path: [] }), undefined);
}

/**
 * The thresholds that a policy sets, by plugin id, with the defaults of each plugin's schema. Throws an AssayError of
 * code `policy` where a threshold or waiver names no plugin, or a threshold does not fit the plugin. A waiver may name a
 * check of the target too, and the comparison of an audit with the baseline.
 */
export function checkThresholds(
  loaded: LoadedPolicy,
  plugins: ReadonlyMap<string, ConfigurablePlugin>,
): ReadonlyMap<string, JsonObject> {
  const place: Place = {
    code: 'policy',
    file: loaded.file === null ? 'the policy' : nameIn(process.cwd(), loaded.file),
    path: [],
    positions: loaded.positions,
  };
  const { audits, waivers } = loaded.policy;
  const checks = new Set<string>([...TARGET_CHECKS, WITHOUT_BASELINE]);
  const strangers = [
    ...Object.keys(audits).map((audit) => ({ path: ['audits', audit], audit })),
    ...waivers
      .map(({ audit }, index) => ({ path: ['waivers', index, 'audit'], audit: comparedAudit(audit) ?? audit }))
      .filter(({ audit }) => !checks.has(audit)),
  ].filter(({ audit }) => !plugins.has(audit));
  if (strangers.length > 0) {
    failWith(
      strangers.map(({ path, audit }) => unknownPlugin(path, audit, plugins)),
      place,
    );
  }
  return new Map(
    Object.entries(audits).map(([audit, thresholds]) => {
      const schema = plugins.get(audit)?.policy;
      return [audit, schema === undefined ? {} : checkOne(schema, thresholds, inside(place, 'audits', audit))];
    }),
  );
}

/** The audit that a comparison is of; null for what is no name of one. */
function comparedAudit(name: string): string | null {
  return name.startsWith(COMPARISON) && name !== WITHOUT_BASELINE ? name.slice(COMPARISON.length) : null;
}

function checkOne(schema: TObject, thresholds: unknown, place: Place): JsonObject {
  return check(closedObject(schema), thresholds, place) as JsonObject;
}

function completed(file: string | null, written: PolicyConfig, positions: Positions | undefined): LoadedPolicy {
  const { preset = 'baseline', failures = {}, regression } = written;
  const policy = {
    preset,
    minimumSamples: written.minimumSamples ?? MINIMUM_SAMPLES[preset],
    failures: { critical: 0, high: 0, medium: 0, low: 0, ...failures },
    regression: regression === undefined ? null : { ...REGRESSION, ...regression },
    audits: written.audits ?? {},
    waivers: written.waivers ?? [],
  } as const;
  return { file, policy, digest: digestOfJson(policy), ...(positions === undefined ? {} : { positions }) };
}
