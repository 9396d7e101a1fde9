import { builtinPlugins } from '#builtin';
import { configFromValue } from '#config/value';
import type { Config } from '#config/schema';
import { planRun } from '#pipeline/plan';
import { executeRun } from '#pipeline/run';
import { loadPlugins } from '#plugin/load';
import { createRegistry } from '#plugin/registry';
import { audit } from '../api/audit.js';
import type { AuditAnswer, AuditRequest, RunAnswer, RunRequest } from './host-protocol.js';

/** Runs the one audit of a matcher through the whole pipeline; the matcher says what there is to say, so no page is made. */
export async function performAudit({ cwd, matcher, config, policy }: AuditRequest): Promise<AuditAnswer> {
  const loaded = await configFromValue(config, { cwd, name: matcher, policy });
  const others = await loadPlugins(loaded.config.plugins, { from: loaded.file });
  const planned = await planRun(loaded, createRegistry([...builtinPlugins, ...others]), {});
  const { report, folder } = await executeRun(planned, {
    resume: false,
    signal: new AbortController().signal,
    on: () => undefined,
    reporters: [],
  });
  return { findings: report.findings, folder };
}

/** Runs a config as the command line does, with all its reports. */
export async function performRun({ cwd, config }: RunRequest): Promise<RunAnswer> {
  const warnings: string[] = [];
  // What is wrong with a value is said by `audit`, which checks it.
  const { folder, exitCode } = await audit(config as string | Config, {
    cwd,
    on: (event) => {
      if (event.kind === 'warning') warnings.push(event.sentence);
    },
  });
  return { folder, exitCode, warnings };
}
