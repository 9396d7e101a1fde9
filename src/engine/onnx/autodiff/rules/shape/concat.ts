import type { GradientRule } from '../../rule.js';

/** Each part gets its own stretch of the gradient. */
export const concat: GradientRule = (context) => {
  const { builder, node } = context;
  const axis = context.axis(context.int('axis', 0), context.rank(context.output));
  const sizes = node.inputs.map((input) => {
    const size = context.shape(input)[axis];
    return typeof size === 'number' ? size : context.fail('joins along the batch');
  });
  if (sizes.length === 1) return [context.gradient];
  return builder.nodes('Split', [context.gradient, builder.integers(sizes)], sizes.length, { axis });
};
