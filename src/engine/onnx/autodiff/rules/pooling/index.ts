import type { RuleTable } from '../../rule.js';
import { averagePool, globalAveragePool } from './average-pool.js';
import { globalLpPool, lpPool } from './lp-pool.js';
import { globalMaxPool, maxPool, maxUnpool } from './max-pool.js';

/** Poolings. */
export const poolingRules: RuleTable = {
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
  GlobalLpPool: globalLpPool,
  GlobalMaxPool: globalMaxPool,
  LpPool: lpPool,
  MaxPool: maxPool,
  MaxUnpool: maxUnpool,
};
