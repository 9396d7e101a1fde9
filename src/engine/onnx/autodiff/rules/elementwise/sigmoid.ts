import type { GradientRule } from '../../rule.js';

/** y = 1 / (1 + e^-x); dy/dx = y (1 - y) */
export const sigmoid: GradientRule = (context) => {
  const { builder, output } = context;
  const complement = builder.node('Sub', [context.scalar(1), output]);
  return [builder.node('Mul', [context.gradient, builder.node('Mul', [output, complement])])];
};
