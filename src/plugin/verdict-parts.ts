import type { Verdict } from './plugin.js';

/** Whether two epsilons are the same: policies and configs name them as people write them. */
export function isSameEpsilon(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(a, b);
}

/** Nothing was found that could be held against a bar. */
export function undecidable(claim: string): Verdict {
  return { status: 'inconclusive', claim, reasons: [claim], measures: [], signs: [] };
}
