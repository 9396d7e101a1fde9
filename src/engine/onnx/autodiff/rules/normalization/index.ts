import type { RuleTable } from '../../rule.js';
import { batchNormalization } from './batch-normalization.js';
import { logSoftmax } from './log-softmax.js';
import { softmax } from './softmax.js';

/** Normalizations. */
export const normalizationRules: RuleTable = {
  BatchNormalization: batchNormalization,
  LogSoftmax: logSoftmax,
  Softmax: softmax,
};
