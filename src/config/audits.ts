import type { TObject, TSchema } from '@sinclair/typebox';
import { AssayError, messageOf } from '#base/errors';
import { canonicalJson, type Json, type JsonObject } from '#base/json';
import { closedObject, unknownPlugin, type ConfigurablePlugin } from './configurable.js';
import { nameIn } from './document/find.js';
import type { LoadedConfig } from './loaded.js';
import { failWith, inside, nameOf, positionAt, whereIs, type Path, type Place, type Position } from './place.js';
import { check } from './validate.js';

/** One plugin with one set of options: one or more cells. */
export interface Audit {
  /** The plugin's id. */
  readonly audit: string;
  /** Complete: every default filled in. */
  readonly options: JsonObject;
  /** In the config; null where that is code. */
  readonly place: Position | null;
}

/**
 * The audits that a config asks for, in its order, with their options checked and completed by their plugins.
 *
 * Throws an AssayError of code `config` where an id names no plugin (with the closest that does), where options do not
 * fit, and where two sets of options of one plugin are the same.
 */
export function auditsOf(
  loaded: Pick<LoadedConfig, 'file' | 'config' | 'positions' | 'policy'>,
  plugins: ReadonlyMap<string, ConfigurablePlugin>,
): readonly Audit[] {
  const place: Place = {
    code: 'config',
    file: nameIn(process.cwd(), loaded.file),
    path: ['audits'],
    positions: loaded.positions,
  };
  const entries = Object.entries(loaded.config.audits);
  const strangers = entries.filter(([id]) => !plugins.has(id));
  if (strangers.length > 0)
    failWith(
      strangers.map(([id]) => unknownPlugin(['audits', id], id, plugins)),
      place,
    );
  return entries.flatMap(([id, options]) => {
    const plugin = plugins.get(id);
    if (plugin === undefined) return [];
    const preset = plugin.optionsUnder?.[loaded.policy.policy.preset] ?? {};
    return auditsOfPlugin(id, { ...plugin, options: withDefaults(plugin.options, preset) }, options, inside(place, id));
  });
}

/** A schema whose defaults are others, also those within objects. */
function withDefaults(schema: TObject, defaults: JsonObject): TObject {
  const properties = Object.entries(schema.properties).map(([name, own]): [string, TSchema] => {
    const value = defaults[name];
    if (value === undefined) return [name, own];
    if (!isObject(value)) return [name, { ...own, default: value }];
    return [name, { ...own, ...withDefaults(own as TObject, value) }];
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function auditsOfPlugin(audit: string, plugin: ConfigurablePlugin, options: unknown, place: Place): readonly Audit[] {
  if (!Array.isArray(options)) return [{ audit, ...completed(audit, plugin, options, place) }];
  const audits = options.map((each: unknown, index) => ({
    audit,
    ...completed(audit, plugin, each, inside(place, index)),
  }));
  refuseRepeats(audits, place);
  return audits;
}

function completed(audit: string, plugin: ConfigurablePlugin, written: unknown, place: Place): Omit<Audit, 'audit'> {
  return {
    options: completeOptions(audit, plugin, written, place),
    place: positionAt(place.positions, place.path) ?? null,
  };
}

function completeOptions(id: string, plugin: ConfigurablePlugin, written: unknown, place: Place): JsonObject {
  const options = check(closedObject(plugin.options), written, place);
  try {
    plugin.checkOptions?.(options);
  } catch (thrown) {
    throw inPlace(thrown, id, place);
  }
  return options as JsonObject;
}

/** What a plugin says about its options, with the place that only the config knows. */
function inPlace(thrown: unknown, id: string, place: Place): AssayError {
  const where = whereIs(place, place.path);
  if (thrown instanceof AssayError) {
    const mend = thrown.mend === undefined ? {} : { mend: thrown.mend };
    return new AssayError(place.code, { where, what: `${nameOf(place.path)}: ${thrown.what}`, ...mend, cause: thrown });
  }
  const what = `the plugin ${id} failed to check its options: ${messageOf(thrown)}`;
  return new AssayError('plugin', { where, what, cause: thrown });
}

/** Equal options would make one cell twice. */
function refuseRepeats(audits: readonly Audit[], place: Place): void {
  const first = new Map<string, Path>();
  audits.forEach(({ options }, index) => {
    const path = [...place.path, index];
    const key = canonicalJson(options);
    const before = first.get(key);
    if (before !== undefined) {
      failWith([{ path, what: `${nameOf(path)} has the same options as ${nameOf(before)}` }], place);
    }
    first.set(key, path);
  });
}
