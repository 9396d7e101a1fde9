import type { GradientRule } from '../../rule.js';
import { byScale, fakeQuantize } from './fake-quantize.js';

const REAL: ReadonlySet<string> = new Set(['float32', 'float64', 'float16', 'bfloat16']);

/**
 * y = (q - z) s. Integers have no gradient, only their scale has one. Where a quantizer is in front of it, the
 * node stands for both, see `withFakeQuantizers`.
 */
export const dequantizeLinear: GradientRule = (context) =>
  REAL.has(context.type(context.input(0))) ? fakeQuantize(context) : [null, byScale(context)];
