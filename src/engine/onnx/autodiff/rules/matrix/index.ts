import type { RuleTable } from '../../rule.js';
import { gemm } from './gemm.js';
import { matMul } from './mat-mul.js';

/** Matrix products. */
export const matrixRules: RuleTable = {
  Gemm: gemm,
  MatMul: matMul,
};
