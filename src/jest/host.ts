// A process of its own for targets that are files. Inside jest's context every typed array is of another realm, which the
// native library rejects; here nothing is.
import { builtinPlugins } from '#builtin';
import { AssayError } from '#base/errors';
import type { LoadedConfig } from '#config/loaded';
import { configFromValue } from '#config/value';
import { planRun } from '#pipeline/plan';
import { executeRun } from '#pipeline/run';
import { loadPlugins } from '#plugin/load';
import { createRegistry } from '#plugin/registry';
import type { HostAnswer, HostRequest } from './host-protocol.js';

/** Stands where messages name the config. */
const MATCHER = 'toWithstand';

process.once('message', (request: HostRequest) => {
  void answer(request).then((found) => process.send?.(found, () => process.exit()));
});
// Whoever asked is gone, as when jest was stopped.
process.once('disconnect', () => process.exit());

async function answer(request: HostRequest): Promise<HostAnswer> {
  try {
    return await audit(request);
  } catch (thrown) {
    if (!(thrown instanceof AssayError)) {
      return { kind: 'broken', message: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) };
    }
    const { code, what, where, mend } = thrown;
    return {
      kind: 'refused',
      code,
      what,
      ...(where === undefined ? {} : { where }),
      ...(mend === undefined ? {} : { mend }),
    };
  }
}

async function audit(request: HostRequest): Promise<HostAnswer> {
  const loaded = await loadedConfig(request);
  const others = await loadPlugins(loaded.config.plugins, { from: loaded.file });
  const planned = await planRun(loaded, createRegistry([...builtinPlugins, ...others]), {});
  const { report, folder } = await executeRun(planned, {
    resume: false,
    signal: new AbortController().signal,
    on: () => undefined,
    reporters: [],
  });
  const [finding] = report.findings;
  if (finding === undefined) {
    throw new AssayError('run', { where: request.audit, what: 'the run ended without a finding' });
  }
  return { kind: 'finding', finding, folder };
}

function loadedConfig(request: HostRequest): Promise<LoadedConfig> {
  const { cwd, target, test, audit, options, plugins, seed, out, thresholds, minimumSamples } = request;
  return configFromValue(
    { target, data: { test }, seed, audits: { [audit]: options }, plugins, out },
    { cwd, name: MATCHER, policy: { minimumSamples, audits: isEmpty(thresholds) ? {} : { [audit]: thresholds } } },
  );
}

function isEmpty(thresholds: HostRequest['thresholds']): boolean {
  return Object.keys(thresholds).length === 0;
}
