// A planned run of the tests' plugin, as `planRun` would give it.
import { digestOfJson } from '#base/digest';
import type { CompleteConfig, LoadedConfig, LoadedPolicy } from '#config/loaded';
import type { Registry } from '#plugin/registry';
import type { Cell, PlannedRun, RunOptions } from '../types.js';

export const TODAY = '2026-11-25';

export function policyOf(parts: Partial<LoadedPolicy['policy']> = {}): LoadedPolicy {
  const policy = {
    preset: 'baseline' as const,
    minimumSamples: 100,
    failures: { critical: 0, high: 0, medium: 0, low: 0 },
    regression: null,
    audits: {},
    waivers: [],
    ...parts,
  };
  return { file: null, policy, digest: digestOfJson(policy) };
}

export function plannedRun(
  out: string,
  cells: readonly Cell[],
  registry: Registry,
  policy: LoadedPolicy = policyOf(),
): PlannedRun {
  const config: CompleteConfig = {
    data: {},
    engine: 'auto',
    device: 'auto',
    seed: 7,
    plugins: [],
    audits: {},
    explain: {},
    out,
    samples: 'show',
    language: 'en',
    keep: 64,
    execution: { workers: 1, threads: 1, batchSize: 256, memoryMiB: 512, cellMinutes: 1 },
  };
  const loaded: LoadedConfig = {
    file: '/somewhere/assay.config.json',
    config,
    digest: digestOfJson('config'),
    policy,
    baseline: null,
    allowCode: false,
  };
  return {
    plan: {
      cells,
      target: null,
      data: [],
      seed: 7,
      digest: digestOfJson(cells.map(({ id, fate }) => ({ id, fate }))),
    },
    loaded,
    registry,
    inputs: { target: null, test: null, train: null, table: null, population: null },
    options: {},
  };
}

export function runOptions(parts: Partial<RunOptions> = {}): RunOptions {
  return {
    resume: false,
    signal: new AbortController().signal,
    on: () => undefined,
    reporters: [],
    today: TODAY,
    ...parts,
  };
}
