import type { Finding, Gate } from '#report/report';
import { EXIT, strongestOf } from './exit-codes.js';

export interface GateInput {
  readonly findings: readonly Finding[];
  /** Audits that the policy names. */
  readonly demanded: readonly string[];
  /** Waivers that do not count, by audit: the sentence that says why. */
  readonly voidWaivers: ReadonlyMap<string, string>;
}

type GateCode = Gate['exitCode'];
type Rule = Gate['rules'][number] & { readonly code: GateCode };

/**
 * The one decision over all verdicts. It fails closed: only a pass, or a verdict that is waived, lets it pass.
 * Exit codes: 3 nothing audited; 1 a verdict is `fail`; 2 anything else that is not a pass; 0.
 */
export function decide(input: GateInput): Gate {
  const { findings } = input;
  const rules = [...findings.map((finding) => ruleOf(finding, input)), ...unmetDemands(input)];
  const audited = findings.some(({ status }) => status !== 'not-run');
  const codes = rules.filter(({ holds }) => !holds).map(({ code }) => code);
  const exitCode = audited ? strongestOf(codes) : EXIT.nothingAudited;
  const ordered = [...rules].sort((a, b) => rank(a) - rank(b));
  return {
    passed: exitCode === EXIT.passed,
    exitCode,
    rules: audited
      ? ordered.map(({ holds, cell, sentence }) => ({ holds, cell, sentence }))
      : [{ holds: false, cell: null, sentence: 'Nothing was audited, and nothing audited is no pass.' }],
  };
}

/** Fails first, then what could not be decided, then what holds; within each in the order of the findings. */
function rank({ holds, code }: Rule): number {
  if (holds) return 2;
  return code === EXIT.failed ? 0 : 1;
}

function ruleOf(finding: Finding, { voidWaivers }: GateInput): Rule {
  const { cell, status, waiver, audit, claim } = finding;
  if (status === 'pass') return { holds: true, cell, code: EXIT.passed, sentence: claim };
  if (waiver !== null) {
    const sentence = `${audit} is waived until ${waiver.expires} by ${waiver.owner}: ${waiver.reason}`;
    return { holds: true, cell, code: EXIT.passed, sentence };
  }
  const expired = voidWaivers.get(audit);
  const sentence = [`${audit}: ${WORDS[status]}. ${claim}`, ...(expired === undefined ? [] : [expired])].join(' ');
  return { holds: false, cell, code: status === 'fail' ? EXIT.failed : EXIT.undecided, sentence };
}

const WORDS: Readonly<Record<Exclude<Finding['status'], 'pass'>, string>> = {
  fail: 'failed',
  inconclusive: 'could not be decided',
  'not-applicable': 'was asked for and does not apply',
  error: 'ended in an error',
  'not-run': 'was not run',
};

/** A policy that sets a bar for an audit that nobody ran is not met. */
function unmetDemands({ findings, demanded }: GateInput): Rule[] {
  const known = new Set(findings.map(({ audit }) => audit));
  return demanded
    .filter((audit) => !known.has(audit))
    .map((audit) => ({
      holds: false,
      cell: null,
      code: EXIT.undecided,
      sentence: `The policy sets a bar for ${audit}, and the run has no such audit.`,
    }));
}
