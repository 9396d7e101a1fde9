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
import { PolicyConfig } from './schema.js';
import { check } from './validate.js';

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
 * check of the target too.
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
  const checks = new Set<string>(TARGET_CHECKS);
  const strangers = [
    ...Object.keys(audits).map((audit) => ({ path: ['audits', audit], audit })),
    ...waivers
      .map(({ audit }, index) => ({ path: ['waivers', index, 'audit'], audit }))
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

function checkOne(schema: TObject, thresholds: unknown, place: Place): JsonObject {
  return check(closedObject(schema), thresholds, place) as JsonObject;
}

function completed(file: string | null, written: PolicyConfig, positions: Positions | undefined): LoadedPolicy {
  const policy = {
    preset: written.preset ?? 'baseline',
    minimumSamples: written.minimumSamples ?? 100,
    audits: written.audits ?? {},
    waivers: written.waivers ?? [],
  } as const;
  return { file, policy, digest: digestOfJson(policy), ...(positions === undefined ? {} : { positions }) };
}
