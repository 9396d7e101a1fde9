import type { RuleTable } from '../../rule.js';
import { averagePool, globalAveragePool } from './average-pool.js';
import { maxPool } from './max-pool.js';

/** Poolings. */
export const poolingRules: RuleTable = {
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
  MaxPool: maxPool,
};
