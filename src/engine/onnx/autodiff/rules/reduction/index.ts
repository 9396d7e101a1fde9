import type { RuleTable } from '../../rule.js';
import { cumSum } from './cum-sum.js';
import { reduceExtremum } from './extremum.js';
import { reduceLogSum, reduceLogSumExp } from './logarithms.js';
import { reduceL1, reduceL2, reduceSumSquare } from './norms.js';
import { reduceProd } from './product.js';
import { reduceMean, reduceSum } from './reduce.js';
import { topK } from './top-k.js';

/** Reductions over axes, running sums and selections along one. */
export const reductionRules: RuleTable = {
  CumSum: cumSum,
  ReduceL1: reduceL1,
  ReduceL2: reduceL2,
  ReduceLogSum: reduceLogSum,
  ReduceLogSumExp: reduceLogSumExp,
  ReduceMax: reduceExtremum,
  ReduceMean: reduceMean,
  ReduceMin: reduceExtremum,
  ReduceProd: reduceProd,
  ReduceSum: reduceSum,
  ReduceSumSquare: reduceSumSquare,
  TopK: topK,
};
