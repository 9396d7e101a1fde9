import { reshapeTarget } from '../../../graph/shape.js';
import type { GradientRule } from '../../rule.js';

/** Reshape, Flatten, Squeeze and Unsqueeze: the same values in another shape. */
export const reshape: GradientRule = (context) => {
  const input = context.input(0);
  const target = reshapeTarget(context.shape(input));
  return [
    target === null
      ? context.builder.reshapeLike(context.gradient, input)
      : context.builder.reshape(context.gradient, target),
  ];
};
