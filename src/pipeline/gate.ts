import type { Finding, FindingStatus, Gate } from '#report/report';
import { EXIT, strongestOf } from './exit-codes.js';

type Rule = Gate['rules'][number];

/** One finding's say: the exit code that it asks for, and the sentence. */
interface Vote {
  readonly code: Gate['exitCode'];
  readonly rule: Rule;
}

/**
 * The one decision over all findings. It fails closed: only a `pass`, or a finding that a waiver in force covers, lets
 * it pass, and where nothing was audited it does not pass whatever is waived. Pure.
 *
 * @param audited whether at least one cell was there to run
 */
export function decide(findings: readonly Finding[], audited: boolean): Gate {
  const nothing = !audited || findings.length === 0;
  const votes = [...(nothing ? [nothingAudited()] : []), ...findings.map(voteOf)];
  const exitCode = strongestOf(votes.map(({ code }) => code));
  return { passed: exitCode === EXIT.passed, exitCode, rules: decidingFirst(votes).map(({ rule }) => rule) };
}

/** Within each strength in the order of the findings. */
function decidingFirst(votes: readonly Vote[]): readonly Vote[] {
  const strengths = [EXIT.nothingAudited, EXIT.failed, EXIT.undecided, EXIT.passed];
  return strengths.flatMap((strength) => votes.filter(({ code }) => code === strength));
}

function voteOf(finding: Finding): Vote {
  const code = finding.waiver === null ? codeOf(finding.status) : EXIT.passed;
  return { code, rule: { holds: code === EXIT.passed, cell: finding.cell, sentence: sentenceOf(finding) } };
}

/** Whatever is not known to be harmless is not. */
function codeOf(status: FindingStatus): Gate['exitCode'] {
  switch (status) {
    case 'pass':
      return EXIT.passed;
    case 'fail':
      return EXIT.failed;
    default:
      return EXIT.undecided;
  }
}

const WORDS: Readonly<Record<FindingStatus, string>> = {
  pass: 'passed',
  fail: 'failed',
  inconclusive: 'is inconclusive',
  'not-applicable': 'does not apply to this target',
  error: 'ended with an error',
  'not-run': 'did not run',
};

function sentenceOf({ audit, status, claim, reasons, waiver }: Finding): string {
  const isDecided = status === 'pass' || status === 'fail';
  const why = isDecided ? claim : [...new Set([claim, ...reasons])].join(' ');
  const waived =
    waiver === null
      ? ''
      : ` Waived until ${waiver.expires} by ${waiver.owner}: ${waiver.reason.trim().replace(/\.$/, '')}.`;
  return `${audit} ${WORDS[status]}: ${why}${waived}`;
}

function nothingAudited(): Vote {
  const sentence = 'Nothing was audited: no audit of the config could run on this target and data.';
  return { code: EXIT.nothingAudited, rule: { holds: false, cell: null, sentence } };
}
