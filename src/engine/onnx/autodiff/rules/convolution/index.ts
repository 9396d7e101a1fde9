import type { RuleTable } from '../../rule.js';
import { conv } from './conv.js';

/** Convolutions. */
export const convolutionRules: RuleTable = {
  Conv: conv,
};
