import type { RuleTable } from '../../rule.js';

/** Operators that select and scatter. */
export const indexingRules: RuleTable = {};
