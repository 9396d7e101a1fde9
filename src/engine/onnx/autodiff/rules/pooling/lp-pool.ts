import { inputFactor, timesNormFactor } from '../lp-norm.js';
import type { GradientRule } from '../../rule.js';
import { windows } from '../window.js';
import { sumOverWindows } from './spread.js';

/** y = (sum |x|^p)^(1/p) over each window; a window of zeros gives its inputs no gradient. */
export const lpPool: GradientRule = (context) => {
  const { builder } = context;
  const p = context.int('p', 2);
  const axes = windows(context, context.ints('kernel_shape') ?? context.fail('has no kernel_shape'));
  const scaled = timesNormFactor(context, context.gradient, context.output, p);
  return [builder.node('Mul', [inputFactor(context, context.input(0), p), sumOverWindows(context, scaled, axes)])];
};

/** The same over all spatial axes. */
export const globalLpPool: GradientRule = (context) => {
  const { builder } = context;
  const p = context.int('p', 2);
  const scaled = timesNormFactor(context, context.gradient, context.output, p);
  return [builder.node('Mul', [inputFactor(context, context.input(0), p), scaled])];
};
