import type { GradientRule } from '../../rule.js';

/** dx = g - e^y sum(g) along the axis */
export const logSoftmax: GradientRule = (context) => {
  const { builder, gradient, output } = context;
  const axis = context.axis(context.int('axis', -1), context.rank(output));
  const total = builder.reduceSum(gradient, [axis], true);
  return [builder.node('Sub', [gradient, builder.node('Mul', [builder.node('Exp', [output]), total])])];
};
