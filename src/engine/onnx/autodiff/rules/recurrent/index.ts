import type { RuleTable } from '../../rule.js';

/** Recurrent layers. */
export const recurrentRules: RuleTable = {};
