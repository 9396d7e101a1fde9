import { AssayError } from '#base/errors';
import { plain } from '#config/plain';
import { failWith } from '#config/place';
import type { Json } from '#base/json';
import type { Finding } from '#report/report';
import type { Samples } from '#target/target';
import { askHost } from './ask-host.js';
import type { MatcherAudit } from './audit.js';
import { isFileSamples, type FileSamples, type FileTarget } from './declared.js';
import type { AuditAnswer } from './host-protocol.js';

/**
 * Runs one audit of files through the whole pipeline, in processes outside of the test's context; null is no target, as
 * for audits of a table. The first finding is the audit's own, the others are those of its comparison with a baseline.
 */
export async function auditFile(
  target: FileTarget | null,
  audit: MatcherAudit,
  baseline?: string,
): Promise<AuditAnswer> {
  const { matcher, data, options, plugins, seed, out, policy } = audit;
  if (target !== null && data.test === undefined) throw withoutSamples(matcher);
  const config = {
    target: target?.config,
    data: {
      test: filesOf(data.test, audit),
      train: filesOf(data.train, audit),
      table: data.table?.config,
      population: data.population,
    },
    ...{ seed, plugins, out, baseline },
    audits: { [audit.audit]: options },
  };
  const { findings, folder } = await askHost<'audit'>({
    ...{ kind: 'audit', cwd: process.cwd(), matcher },
    config: json(config, audit, 'config'),
    policy: json(policy, audit, 'policy'),
  });
  return { findings: findings.map(asMatcher), folder };
}

function filesOf(
  given: Samples | FileSamples | undefined,
  { matcher }: MatcherAudit,
): FileSamples['config'] | undefined {
  if (given === undefined || isFileSamples(given)) return given?.config;
  throw new AssayError('usage', {
    where: matcher,
    what: 'a target that is a file takes samples that are files',
    mend: 'Declare them by samples({ inputs, labels }).',
  });
}

/** Even where the audit reads no samples: the scale of a target's outputs is told on real ones. */
function withoutSamples(matcher: string): AssayError {
  return new AssayError('usage', {
    where: matcher,
    what: 'a target is opened on samples, and `on` gives none',
    mend: 'Give `on: samples({ inputs, labels })`.',
  });
}

/** Refused here is what a message between processes would silently make of a function or a NaN. */
function json(written: unknown, { matcher }: MatcherAudit, code: 'config' | 'policy'): Json {
  const { value, problems } = plain(written, []);
  if (problems.length > 0) failWith(problems, { code, file: matcher, path: [] });
  return value;
}

/** What the pipeline took for a policy is what the matcher asked for. */
function asMatcher(finding: Finding): Finding {
  const measures = finding.measures.map((measure) => {
    const { threshold } = measure;
    if (threshold === null || threshold.setBy.startsWith('preset')) return measure;
    return { ...measure, threshold: { ...threshold, setBy: 'matcher' } };
  });
  return { ...finding, measures };
}
