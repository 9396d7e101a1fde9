import type { GradientRule } from '../../rule.js';

/** y = x for x > 0, alpha x elsewhere; the subgradient at 0 is alpha. */
export const leakyRelu: GradientRule = (context) => {
  const { builder } = context;
  const alpha = context.float('alpha', 0.01);
  const positive = builder.node('Greater', [context.input(0), context.scalar(0)]);
  const slope = builder.node('Add', [context.masked(context.scalar(1 - alpha), positive), context.scalar(alpha)]);
  return [builder.node('Mul', [context.gradient, slope])];
};
