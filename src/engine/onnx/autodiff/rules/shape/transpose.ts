import type { GradientRule } from '../../rule.js';

/** The inverse permutation; without one the axes are reversed. */
export const transpose: GradientRule = (context) => {
  const rank = context.rank(context.input(0));
  const permutation = context.ints('perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  return [context.builder.transpose(context.gradient, inverse)];
};
