import { resolve } from 'node:path';
import { AssayError } from '#base/errors';
import type { JsonObject } from '#base/json';
import type { ConfiguredPlugin } from '#plugin/plugin';
import type { MatcherAudit } from './audit.js';
import type { Found } from './answer.js';
import { isFileTable, isFileTarget, isFunctionModel, isLiveTarget } from './declared.js';
import { auditFile } from './file-audit.js';
import { auditFunction } from './function-audit.js';
import { auditLive } from './live-audit.js';
import type { RunOptions } from './options.js';

/** What a test names an audit by. */
export type Named = string | ConfiguredPlugin;

/** @throws AssayError `usage` for what names no audit */
export function idOf(named: Named, matcher: string): string {
  const value: unknown = named;
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'object' && value !== null && 'plugin' in value) return (value as ConfiguredPlugin).plugin.id;
  throw new AssayError('usage', {
    where: matcher,
    what: 'its first argument names no audit',
    mend: "Give an id, as in 'evasion/pgd', or a configured plugin, as in pgd({ norm: 'Linf', epsilons: 0.1 }).",
  });
}

/** The options of the plugin, wherever the test wrote them. */
export function optionsOf(named: Named, options: JsonObject = {}): JsonObject {
  return typeof named === 'string' ? options : { ...named.options, ...options };
}

export interface Wanted {
  readonly matcher: string;
  readonly named: Named;
  readonly options: JsonObject | undefined;
  /** As a policy is written, but for `minimumSamples`. */
  readonly policy: JsonObject;
}

export function matcherAudit({ matcher, named, options, policy }: Wanted, given: RunOptions): MatcherAudit {
  const { on, train, table, population, minimumSamples, seed = 0, plugins = [], out = 'assay-runs' } = given;
  return {
    matcher,
    audit: idOf(named, matcher),
    plugin: typeof named === 'string' ? null : named.plugin,
    options: optionsOf(named, options),
    data: { test: on, train, table, population },
    policy: { ...policy, minimumSamples },
    ...{ seed, plugins },
    out: resolve(out),
  };
}

/** Runs one audit of whatever a test gave, where that has to be run. */
export async function runAudit(received: unknown, audit: MatcherAudit): Promise<Found> {
  if (isFileTable(received)) {
    return ofFiles(await auditFile(null, { ...audit, data: { ...audit.data, table: received } }));
  }
  if (isFileTarget(received)) return ofFiles(await auditFile(received, audit));
  if (isFunctionModel(received)) return ofOne(await auditFunction(received, audit));
  if (isLiveTarget(received)) return ofOne(await auditLive(received, audit));
  throw new AssayError('usage', {
    where: audit.matcher,
    what: 'what it got is not a target',
    mend: 'Declare one by target({ file, head, domain }), or a table by table({ file, roles }), or give a function: { predict, shape, gives, head, domain }.',
  });
}

function ofFiles({ findings, folder }: Awaited<ReturnType<typeof auditFile>>): Found {
  return { findings: findings.slice(0, 1), folder };
}

function ofOne({ finding, folder }: Awaited<ReturnType<typeof auditLive>>): Found {
  return { findings: [finding], folder };
}
