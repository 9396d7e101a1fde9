import type { RuleTable } from '../../rule.js';

/** Quantizers. */
export const quantizationRules: RuleTable = {};
