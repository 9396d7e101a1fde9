import type { RuleTable } from '../../rule.js';
import { dequantizeLinear } from './dequantize-linear.js';

/** Quantizers. */
export const quantizationRules: RuleTable = {
  DequantizeLinear: dequantizeLinear,
  'com.microsoft.DequantizeLinear': dequantizeLinear,
};
