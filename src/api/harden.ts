import { resolve } from 'node:path';
import { builtinPlugins } from '#builtin';
import type { JsonObject } from '#base/json';
import type { Config } from '#config/schema';
import { hardenTarget, type Hardened, type HardenEvent } from '#pipeline/hardening/harden';
import { loadPlugins } from '#plugin/load';
import { createRegistry } from '#plugin/registry';
import { reporters } from '#reports/index';
import { load, type AuditOptions } from './audit.js';

export interface HardenOptions extends Omit<AuditOptions, 'resume' | 'on' | 'command'> {
  /** A JSON or YAML file, or the recipe as a value. Default: what the config's audits have under the training plugin. */
  readonly recipe?: string | JsonObject;
  /** These three instead of what the recipe says; epsilon in the units of the data. */
  readonly method?: string;
  readonly epsilon?: number;
  readonly epochs?: number;
  /** Go on with the newest unfinished hardening of this config and recipe, or with the folder named. Default: a new one. */
  readonly resume?: 'latest' | string;
  readonly on?: (event: HardenEvent) => void;
}

/**
 * Audits a model, trains a copy of it to withstand attacks, and audits the copy, held against the model before sample by
 * sample: what `assay harden` does.
 *
 * @param config the path of a config, or a config as a value, with `data.train`; either may name plugins, which are imported
 * @returns the new model, the record, the results of the three runs, and the exit code that the command line would end with
 * @throws AssayError for bad input and for what cannot be trained, before anything runs; `run` where training left no model
 */
export async function harden(config: string | Config, options: HardenOptions = {}): Promise<Hardened> {
  const { cwd = process.cwd(), policy, resume, on = () => undefined, signal, ...rest } = options;
  const loaded = await load(config, cwd, policy);
  const others = await loadPlugins(loaded.config.plugins, { from: loaded.file });
  return hardenTarget(loaded, createRegistry([...builtinPlugins, ...others]), {
    ...{ ...rest, cwd, on, reporters },
    resume: resume === undefined ? false : resume === 'latest' ? resume : resolve(cwd, resume),
    signal: signal ?? new AbortController().signal,
  });
}
