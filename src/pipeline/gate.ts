import { SEVERITIES, type Finding, type FindingStatus, type Gate, type Severity } from '#report/report';
import type { TargetCheck, Waiver } from '#report/report';
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
 */
export function decide(findings: readonly Finding[], { audited, broken = [], accepted }: GateRules): Gate {
  const nothing = !audited || findings.length === 0;
  const allowance = allowanceOf(findings, accepted);
  const votes = [
    ...(nothing ? [nothingAudited()] : []),
    ...broken.map(voteOnTarget),
    ...findings.map((finding) => voteOf(finding, allowance)),
  ];
  const exitCode = strongestOf(votes.map(({ code }) => code));
  return { passed: exitCode === EXIT.passed, exitCode, rules: decidingFirst(votes).map(({ rule }) => rule) };
}

export interface GateRules {
  /** Whether at least one cell was there to run. */
  readonly audited: boolean;
  /** The checks of the target that do not hold. */
  readonly broken?: readonly BrokenCheck[];
  /** How many failures of each severity the policy accepts. */
  readonly accepted: Readonly<Record<Severity, number>>;
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

function voteOf(finding: Finding, allowance: Allowance): Vote {
  const pardon = finding.status === 'fail' ? allowance.get(finding.severity) : undefined;
  const excused = finding.waiver !== null || pardon !== undefined;
  const code = excused ? EXIT.passed : codeOf(finding.status);
  const sentence = `${sentenceOf(finding)}${finding.waiver === null ? (pardon ?? '') : ''}`;
  return { code, rule: { holds: code === EXIT.passed, cell: finding.cell, sentence } };
}

/** By severity, what is said of failures of which there are no more than the policy accepts. */
type Allowance = ReadonlyMap<Severity, string>;

function allowanceOf(findings: readonly Finding[], accepted: GateRules['accepted']): Allowance {
  return new Map(
    SEVERITIES.flatMap((severity) => {
      const failed = findings.filter(
        ({ status, waiver, severity: own }) => own === severity && status === 'fail' && waiver === null,
      ).length;
      const most = accepted[severity];
      // NaN and what a hand put into the run folder accept nothing.
      if (failed === 0 || !(failed <= most)) return [];
      const sentence = ` Accepted: of severity ${severity} ${failed} failed, and the policy accepts ${most}.`;
      return [[severity, sentence] as const];
    }),
  );
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
