import type { GradientRule } from '../../rule.js';

/** dx = y (g - sum(g y)) along the axis */
export const softmax: GradientRule = (context) => {
  const { builder, gradient, output } = context;
  const axis = context.axis(context.int('axis', -1), context.rank(output));
  const inner = builder.reduceSum(builder.node('Mul', [gradient, output]), [axis], true);
  return [builder.node('Mul', [output, builder.node('Sub', [gradient, inner])])];
};
