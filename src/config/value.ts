import { resolve } from 'node:path';
import { complete, configDigest } from './complete.js';
import { checkConfig } from './load.js';
import type { LoadedConfig } from './loaded.js';
import { readBaseline } from './baseline.js';
import { loadPolicy, policyFromValue } from './policy.js';

export interface ValueOptions {
  /** What paths in the config are relative to. */
  readonly cwd: string;
  /** Stands where messages name the file of a config. */
  readonly name: string;
  /** Instead of the policy that the config names. */
  readonly policy?: unknown;
}

/**
 * Checks and completes a config that a program wrote as a value. The program is code already, so the config may name
 * plugins.
 *
 * @throws AssayError `config` or `policy`
 */
export async function configFromValue(value: unknown, { cwd, name, policy }: ValueOptions): Promise<LoadedConfig> {
  const checked = checkConfig(value, { code: 'config', file: name, path: [] });
  const config = complete(checked, cwd);
  const file = checked.policy === undefined ? null : resolve(cwd, checked.policy);
  const baseline = checked.baseline === undefined ? null : resolve(cwd, checked.baseline);
  return {
    file: resolve(cwd, name),
    config,
    digest: configDigest(config),
    policy: policy === undefined ? await loadPolicy(file, cwd) : policyFromValue(policy, name),
    baseline: await readBaseline(baseline, cwd),
    allowCode: true,
  };
}
