import type { RuleTable } from '../../rule.js';
import { reduceMean, reduceSum } from './reduce.js';

/** Reductions over axes. */
export const reductionRules: RuleTable = {
  ReduceMean: reduceMean,
  ReduceSum: reduceSum,
};
