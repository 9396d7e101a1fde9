import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AssayError, messageOf } from '#base/errors';
import type { JsonObject } from '#base/json';
import type { ConfiguredPlugin } from '#plugin/plugin';
import type { Samples } from '#target/target';
import type { Audited, MatcherAudit } from './audit.js';
import { isFileSamples, isFileTarget, isFunctionModel, isLiveTarget, type FileSamples } from './declared.js';
import { auditFile } from './file-audit.js';
import { auditFunction } from './function-audit.js';
import { auditLive } from './live-audit.js';
import { counterexampleOf, failureMessage } from './message.js';

export interface WithstandOptions {
  /** What the attack is run on. */
  readonly on: Samples | FileSamples;
  /** The least robust accuracy, held against the pessimistic end of its 95 % interval. Default: the preset `baseline`. */
  readonly robustAccuracy?: number;
  /** The epsilon that the bar is for, in the units of the data. Default: the largest of the attack. */
  readonly epsilon?: number;
  /** A number from fewer samples is inconclusive. Default 100. */
  readonly minimumSamples?: number;
  /** Default 0. */
  readonly seed?: number | string;
  /** Modules with the plugins of others, for targets that are files: as `plugins` in a config. */
  readonly plugins?: readonly string[];
  /** Where counterexamples go, relative to the working directory. Default: assay-runs. */
  readonly out?: string;
}

export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/**
 * `await expect(target).toWithstand(pgd({ norm: 'Linf', epsilons: 0.1 }), { on: samples, robustAccuracy: 0.7 })`
 *
 * Passes only on the verdict `pass`. An error or an inconclusive verdict fails the test, and `.not` too: that passes only
 * on the verdict `fail`.
 */
export async function toWithstand(
  this: { readonly isNot?: boolean },
  received: unknown,
  attack: ConfiguredPlugin,
  options: WithstandOptions,
): Promise<MatcherResult> {
  // What neither passes nor fails fails the test, negated or not.
  const undecided = this.isNot ?? false;
  try {
    const audited = await auditOf(received, attack, options);
    const { status } = audited.finding;
    if (status === 'pass') rmSync(audited.folder, { recursive: true, force: true });
    const pass = status === 'pass' || (status !== 'fail' && undecided);
    return { pass, message: () => messageOn(audited) };
  } catch (thrown) {
    if (!(thrown instanceof AssayError)) throw thrown;
    return { pass: undecided, message: () => messageOf(thrown) };
  }
}

function messageOn({ finding, folder }: Audited): string {
  const picture = counterexampleOf(finding);
  return failureMessage(finding, picture === null ? null : join(folder, picture));
}

function auditOf(received: unknown, attack: ConfiguredPlugin, options: WithstandOptions): Promise<Audited> {
  const { on, plugins = [], out = 'assay-runs' } = options;
  const audit: MatcherAudit = {
    configured: attack,
    thresholds: thresholdsOf(options),
    minimumSamples: options.minimumSamples ?? 100,
    seed: options.seed ?? 0,
    out: resolve(out),
  };
  if (isFunctionModel(received)) return auditFunction(received, on, audit);
  if (isLiveTarget(received)) return auditLive(received, on, audit);
  if (isFileTarget(received) && isFileSamples(on)) return auditFile(received, on, audit, plugins);
  throw new AssayError('usage', {
    where: 'toWithstand',
    what: isFileTarget(received)
      ? 'a target that is a file takes samples that are files'
      : 'what it got is not a target',
    mend: 'Declare them by target({ file, head, domain }) and samples({ inputs, labels }), or give a function: { predict, shape, gives, head, domain }.',
  });
}

function thresholdsOf({ robustAccuracy, epsilon }: WithstandOptions): JsonObject {
  if (robustAccuracy === undefined) return {};
  return { robustAccuracy: { atLeast: robustAccuracy, ...(epsilon === undefined ? {} : { epsilon }) } };
}
