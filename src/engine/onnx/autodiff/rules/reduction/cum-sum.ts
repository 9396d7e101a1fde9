import type { GradientRule } from '../../rule.js';

/** y_i = sum of x_j up to i, or in front of it; each x_j reaches all y_i from there on: the sum in the other direction. */
export const cumSum: GradientRule = (context) => {
  const { builder, gradient } = context;
  const attributes = { exclusive: context.int('exclusive', 0), reverse: 1 - context.int('reverse', 0) };
  return [builder.node('CumSum', [gradient, context.input(1)], attributes)];
};
