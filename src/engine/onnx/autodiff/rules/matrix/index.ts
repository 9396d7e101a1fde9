import type { RuleTable } from '../../rule.js';
import { einsum } from './einsum.js';
import { fusedMatMul } from './fused-mat-mul.js';
import { gemm } from './gemm.js';
import { matMul } from './mat-mul.js';

/** Matrix products. */
export const matrixRules: RuleTable = {
  Einsum: einsum,
  Gemm: gemm,
  MatMul: matMul,
  'com.microsoft.FusedMatMul': fusedMatMul,
};
