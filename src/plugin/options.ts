import type { Static, TObject } from '@sinclair/typebox';
import type { JsonObject } from '#base/json';
import { closedObject } from '#config/configurable';
import { check } from '#config/validate';
import type { Plugin } from './plugin.js';

/** The check of a config, for what a family's own part of one holds. */
export { check } from '#config/validate';
export type { Place } from '#config/place';

/**
 * A plugin's options with its defaults, checked as those of a config are.
 *
 * @throws AssayError `config` for what the plugin refuses
 */
export function completeOptions<Options extends TObject, Policy extends TObject, Data>(
  plugin: Plugin<Options, Policy, Data>,
  options: JsonObject,
): Static<Options> {
  const checked = check(closedObject(plugin.options), options, { code: 'config', file: plugin.id, path: [] });
  plugin.checkOptions?.(checked);
  return checked;
}
