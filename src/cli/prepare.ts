import { builtinPlugins } from '#builtin';
import { loadConfig } from '#config/load';
import type { LoadedConfig } from '#config/loaded';
import type { DeviceChoice } from '#engine/index';
import type { PlanOptions } from '#pipeline/types';
import { loadPlugins } from '#plugin/load';
import { createRegistry, type Registry } from '#plugin/registry';
import type { Io } from './io.js';
import { given } from './options.js';

/** What the command line may say of a run before it is planned. */
export interface ConfigFlags {
  readonly allowCode?: true;
  readonly policy?: string;
  readonly baseline?: string;
  readonly out?: string;
  readonly batchSize?: number;
  readonly workers?: number;
}

export interface Prepared {
  readonly loaded: LoadedConfig;
  readonly registry: Registry;
}

/** Reads a config and gathers the plugins that it may use. */
export async function prepare(config: string | undefined, flags: ConfigFlags, io: Io): Promise<Prepared> {
  const { allowCode = false, policy, baseline, out, batchSize, workers } = flags;
  const execution = given({ batchSize, workers });
  const loaded = await loadConfig(config, {
    cwd: io.cwd,
    allowCode,
    overrides: { ...given({ policy, baseline, out }), execution },
  });
  return { loaded, registry: await registryOf(loaded.config.plugins, loaded.file) };
}

/** The built-in plugins and those of others. */
export async function registryOf(specifiers: readonly string[], from: string): Promise<Registry> {
  return createRegistry([...builtinPlugins, ...(await loadPlugins(specifiers, { from }))]);
}

/** What the command line may leave out of a plan, or draw differently. */
export interface PlanFlags {
  readonly only?: readonly string[];
  readonly sample?: number;
  readonly seed?: number | string;
  readonly device?: DeviceChoice;
}

export function planOptions({ only, sample, seed, device }: PlanFlags, signal: AbortSignal): PlanOptions {
  return { ...given({ only, sample, seed, device }), signal };
}
