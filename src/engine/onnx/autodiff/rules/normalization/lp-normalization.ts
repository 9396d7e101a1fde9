import { oneForZero } from '../lp-norm.js';
import type { GradientRule } from '../../rule.js';

/** y = x / n, n = |x|_p along an axis; dx = (g - dn/dx sum(g y)) / n, and 0 for the zero vector, which stays what it is. */
export const lpNormalization: GradientRule = (context) => {
  const { builder, gradient, output } = context;
  const x = context.input(0);
  const isEuclidean = context.int('p', 2) === 2;
  const axis = context.axis(context.int('axis', -1), context.rank(x));
  const norm = builder.node(isEuclidean ? 'ReduceL2' : 'ReduceL1', [x, builder.integers([axis])]);
  const inverse = builder.node('Div', [context.scalar(1), oneForZero(context, norm)]);
  const factor = context.masked(inverse, builder.node('Greater', [norm, context.scalar(0)]));
  const slope = isEuclidean ? output : builder.node('Sign', [x]);
  const inner = builder.reduceSum(builder.node('Mul', [gradient, output]), [axis], true);
  const across = builder.node('Sub', [gradient, builder.node('Mul', [slope, inner])]);
  return [builder.node('Mul', [across, factor])];
};
