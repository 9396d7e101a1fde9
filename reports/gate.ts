import type { Finding, Report } from '#report/report';
import { gateSentence } from './status.js';

/** What the gate says, for reports whose readers are programs that stop a release. */
export interface GateRule {
  readonly holds: boolean;
  readonly sentence: string;
}

/** The gate's rule for each finding. It fails closed: where the gate has none, the finding does not hold. */
export function ruleByFinding({ gate }: Report): (finding: Finding) => GateRule {
  const rules = new Map<string | null, GateRule>();
  for (const { cell, ...rule } of gate.rules) {
    if (rules.get(cell)?.holds !== false) rules.set(cell, rule);
  }
  return ({ cell, claim }) => rules.get(cell) ?? { holds: false, sentence: `The gate has no rule for it: ${claim}` };
}

/**
 * The rules that belong to no finding: checks of the target, and that nothing was audited. Where the gate does not pass
 * and no rule says why, one is added, so that no reader takes the empty list for a pass.
 */
export function rulesWithoutFinding(report: Report): readonly GateRule[] {
  const { gate, findings } = report;
  const cells = new Set(findings.map(({ cell }) => cell));
  const own = gate.rules.filter(({ cell }) => cell === null || !cells.has(cell));
  const isExplained = gate.passed || gate.rules.some(({ holds }) => !holds);
  return isExplained ? own : [...own, { holds: false, sentence: gateSentence(report) }];
}
