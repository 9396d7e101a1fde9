import type { GradientRule } from '../../rule.js';

/** dy/dx = 1 - y^2 */
export const tanh: GradientRule = (context) => {
  const { builder, output } = context;
  const slope = builder.node('Sub', [context.scalar(1), builder.node('Mul', [output, output])]);
  return [builder.node('Mul', [context.gradient, slope])];
};
