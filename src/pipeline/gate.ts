import type { Finding, FindingStatus, Gate, TargetCheck, Waiver } from '#report/report';
import { EXIT, strongestOf } from './exit-codes.js';
import type { WaiverState } from './waivers.js';

type Rule = Gate['rules'][number];

/** One finding's say: the exit code that it asks for, and the sentence. */
interface Vote {
  readonly code: Gate['exitCode'];
  readonly rule: Rule;
}

/**
 * The one decision over all findings. It fails closed: only a `pass`, or a finding that a waiver in force covers, lets
 * it pass, and where nothing was audited it does not pass whatever is waived. Where a check of the target does not hold,
 * the numbers of all findings are in doubt, so that does not pass either. Pure.
 *
 * @param audited whether at least one cell was there to run
 * @param broken the checks of the target that do not hold
 */
export function decide(findings: readonly Finding[], audited: boolean, broken: readonly BrokenCheck[] = []): Gate {
  const nothing = !audited || findings.length === 0;
  const votes = [...(nothing ? [nothingAudited()] : []), ...broken.map(voteOnTarget), ...findings.map(voteOf)];
  const exitCode = strongestOf(votes.map(({ code }) => code));
  return { passed: exitCode === EXIT.passed, exitCode, rules: decidingFirst(votes).map(({ rule }) => rule) };
}

/** A check of the target that does not hold, and what the policy says about that. */
export interface BrokenCheck {
  readonly check: TargetCheck;
  readonly waiver: WaiverState;
}

function voteOnTarget({ check: { id, sentence }, waiver }: BrokenCheck): Vote {
  const isWaived = waiver.kind === 'in-force';
  const waived = isWaived ? waiverSentence(waiver.waiver) : waiver.kind === 'void' ? ` ${waiver.because}` : '';
  const rule = { holds: isWaived, cell: null, sentence: `${id} does not hold: ${sentence}${waived}` };
  return { code: isWaived ? EXIT.passed : EXIT.undecided, rule };
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
  return `${audit} ${WORDS[status]}: ${why}${waiver === null ? '' : waiverSentence(waiver)}`;
}

function waiverSentence({ expires, owner, reason }: Waiver): string {
  return ` Waived until ${expires} by ${owner}: ${reason.trim().replace(/\.$/, '')}.`;
}

function nothingAudited(): Vote {
  const sentence = 'Nothing was audited: no audit of the config could run on this target and data.';
  return { code: EXIT.nothingAudited, rule: { holds: false, cell: null, sentence } };
}
