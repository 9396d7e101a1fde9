import { digestOfJson, shortDigest } from '#base/digest';
import type { Finding } from '#report/report';
import { attribute } from './text.js';

/**
 * A name for each finding by which services compare one run with the next: the audit, with the digest of its options
 * where the report holds the audit several times. GitLab ignores all but the first test of a name, so names are unique.
 */
export function caseNames(findings: readonly Finding[]): ReadonlyMap<Finding, string> {
  const counts = new Map<string, number>();
  for (const { audit } of findings) counts.set(audit, (counts.get(audit) ?? 0) + 1);
  const taken = new Set<string>();
  return new Map(
    findings.map((finding) => {
      const isAlone = counts.get(finding.audit) === 1;
      return [finding, free(isAlone ? auditOf(finding) : nameWithOptions(finding), taken)];
    }),
  );
}

function nameWithOptions(finding: Finding): string {
  return `${auditOf(finding)} (options ${shortDigest(digestOfJson({ options: finding.options }))})`;
}

/** Names that are the same once they are cut are numbered. */
function free(name: string, taken: Set<string>): string {
  let unique = name;
  for (let number = 2; taken.has(unique); number++) unique = `${name} #${number}`;
  taken.add(unique);
  return unique;
}

function auditOf({ audit }: Finding): string {
  return attribute(audit) || 'unnamed';
}
