import { scatterAddLike } from '../scatter.js';
import type { GradientRule } from '../../rule.js';

/** The largest or smallest values of an axis; each gives its gradient to where its index says that it came from. */
export const topK: GradientRule = (context) => {
  const x = context.input(0);
  const indices = context.node.outputs[1] ?? '';
  if (indices === '') return context.fail('does not give the indices of its values');
  const axis = context.axis(context.int('axis', -1), context.rank(x));
  return [scatterAddLike(context, x, axis, indices, context.gradient)];
};
