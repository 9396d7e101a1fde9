import type { RuleTable } from '../../rule.js';
import { convTranspose } from './conv-transpose.js';
import { conv } from './conv.js';

/** Convolutions. */
export const convolutionRules: RuleTable = {
  Conv: conv,
  ConvTranspose: convTranspose,
};
