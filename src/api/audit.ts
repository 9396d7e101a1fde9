import { builtinPlugins } from '#builtin';
import { loadConfig } from '#config/load';
import type { LoadedConfig } from '#config/loaded';
import type { PolicyConfig } from '#config/policy-schema';
import type { Config } from '#config/schema';
import { configFromValue } from '#config/value';
import { planRun } from '#pipeline/plan';
import { executeRun } from '#pipeline/run';
import type { PlanOptions, RunEvent, RunResult } from '#pipeline/types';
import { loadPlugins } from '#plugin/load';
import { createRegistry } from '#plugin/registry';
import { reporters } from '#reports/index';

export interface AuditOptions extends Omit<PlanOptions, 'resume'> {
  /** What paths in a config that is a value are relative to. Default: the working directory. */
  readonly cwd?: string;
  /** Instead of the policy that the config names. Only for a config that is a value. */
  readonly policy?: PolicyConfig;
  /** Go on with the newest unfinished run of this config, or with the run folder named. Default: a new run. */
  readonly resume?: 'latest' | string;
  readonly on?: (event: RunEvent) => void;
}

/**
 * Plans, runs, judges and gates an audit, and writes its run folder with all reports: what `assay audit` does.
 *
 * @param config the path of a config, or a config as a value; either may name plugins, which are imported
 * @returns the report, where it lies, and the exit code that the command line would end with
 * @throws AssayError for bad input, before anything runs
 */
export async function audit(config: string | Config, options: AuditOptions = {}): Promise<RunResult> {
  const { cwd = process.cwd(), policy, resume = false, on = () => undefined, ...planOptions } = options;
  const loaded = await load(config, cwd, policy);
  const others = await loadPlugins(loaded.config.plugins, { from: loaded.file });
  const planned = await planRun(loaded, createRegistry([...builtinPlugins, ...others]), {
    ...planOptions,
    resume,
  });
  const signal = options.signal ?? new AbortController().signal;
  return executeRun(planned, { resume, signal, on, reporters });
}

/** @throws AssayError `config` or `policy` */
export function load(config: string | Config, cwd: string, policy: PolicyConfig | undefined): Promise<LoadedConfig> {
  if (typeof config === 'string') return loadConfig(config, { cwd, allowCode: true });
  return configFromValue(config, { cwd, name: 'the config', ...(policy === undefined ? {} : { policy }) });
}
