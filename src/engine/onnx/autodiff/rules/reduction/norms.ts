import { inputFactor, timesNormFactor } from '../lp-norm.js';
import type { GradientRule } from '../../rule.js';
import { aligned } from './axes.js';

/** y = (sum |x|^p)^(1/p) over axes; 0 at the zero vector, as in PyTorch's norm. */
const reduceNorm =
  (p: 1 | 2): GradientRule =>
  (context) => {
    const scaled = timesNormFactor(context, context.gradient, context.output, p);
    return [context.builder.node('Mul', [inputFactor(context, context.input(0), p), aligned(context, scaled)])];
  };

/** y = sum |x| */
export const reduceL1 = reduceNorm(1);

/** y = sqrt(sum x^2) */
export const reduceL2 = reduceNorm(2);

/** y = sum x^2; dx = 2 g x */
export const reduceSumSquare: GradientRule = (context) => {
  const { builder } = context;
  const doubled = builder.node('Mul', [context.gradient, context.scalar(2)]);
  return [builder.node('Mul', [context.input(0), aligned(context, doubled)])];
};
