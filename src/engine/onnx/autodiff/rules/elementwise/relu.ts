import type { GradientRule } from '../../rule.js';

/** y = max(x, 0); the subgradient at 0 is 0. */
export const relu: GradientRule = (context) => {
  const positive = context.builder.node('Greater', [context.output, context.scalar(0)]);
  return [context.masked(context.gradient, positive)];
};
