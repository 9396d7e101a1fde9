import type { Static, TObject } from '@sinclair/typebox';
import type { JsonObject } from '#base/json';
import type { ConfiguredPlugin, Plugin, PluginKind, Reporter } from './plugin.js';

/**
 * A plugin as its file exports it. Called with options it gives what configs, matchers and ensembles take; `.plugin`
 * is the plain object itself.
 */
export interface PluginFactory<Options extends TObject = TObject, Policy extends TObject = TObject, Data = unknown> {
  (options?: OptionsInput<Static<Options>>): ConfiguredPlugin;
  readonly plugin: Plugin<Options, Policy, Data>;
}

/** Options as a user writes them: what has a default may be left out. */
export type OptionsInput<T> = {
  readonly [Key in keyof T]?: NonNullable<T[Key]> extends readonly unknown[]
    ? T[Key]
    : NonNullable<T[Key]> extends object
      ? OptionsInput<NonNullable<T[Key]>>
      : T[Key];
};

type Spec<Options extends TObject, Policy extends TObject, Data> = Omit<Plugin<Options, Policy, Data>, 'kind'>;

/** What an adversary does: evasion, inference, extraction, poisoning. */
export function defineAttack<Options extends TObject, Policy extends TObject, Data>(
  spec: Spec<Options, Policy, Data>,
): PluginFactory<Options, Policy, Data> {
  return factory(spec, 'attack');
}

/** What the owner does: training, certification, anonymization, protection. */
export function defineDefense<Options extends TObject, Policy extends TObject, Data>(
  spec: Spec<Options, Policy, Data>,
): PluginFactory<Options, Policy, Data> {
  return factory(spec, 'defense');
}

/** A measurement without an adversary: explanation, corruption, calibration, subgroups. */
export function defineProbe<Options extends TObject, Policy extends TObject, Data>(
  spec: Spec<Options, Policy, Data>,
): PluginFactory<Options, Policy, Data> {
  return factory(spec, 'probe');
}

/** A projection of the report into one file. */
export function defineReporter<R extends Reporter>(reporter: R): R {
  return reporter;
}

function factory<Options extends TObject, Policy extends TObject, Data>(
  spec: Spec<Options, Policy, Data>,
  kind: PluginKind,
): PluginFactory<Options, Policy, Data> {
  const plugin: Plugin<Options, Policy, Data> = { ...spec, kind };
  const configure = (options: OptionsInput<Static<Options>> = {}): ConfiguredPlugin => ({
    plugin,
    options: options as JsonObject,
  });
  return Object.assign(configure, { plugin });
}
