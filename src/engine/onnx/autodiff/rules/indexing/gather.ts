import { integersOf } from '../../../graph/constants.js';
import type { GradientRule, RuleContext } from '../../rule.js';
import { shapeWith, unselect } from '../along-axis.js';
import { scatterAddLike, scatterAlong, scatterByPosition } from '../scatter.js';

/** y = x[..., indices, ...]; each entry of x gets the sum of what its copies get. */
export const gather: GradientRule = (context) => {
  if (!context.wants(0)) return [null];
  const x = context.input(0);
  const axis = context.axis(context.int('axis', 0), context.rank(x));
  const gradient = alongOneAxis(context, axis);
  const indices = context.constant(context.input(1));
  const size = context.shape(x)[axis];
  if (indices !== undefined && typeof size === 'number') {
    const sources = integersOf(indices).map((index) => context.axis(index, size));
    return [unselect(context, gradient, context.rank(x), { axis, size, sources })];
  }
  const flat =
    context.rank(context.input(1)) === 1 ? context.input(1) : context.builder.reshape(context.input(1), [-1]);
  const target = { shape: context.builder.node('Shape', [x]), rank: context.rank(x), axis };
  return [scatterAlong(context, target, flat, gradient)];
};

/** The gradient with the axes of the indices, none or many, as one. */
function alongOneAxis(context: RuleContext, axis: number): string {
  const { builder, gradient } = context;
  const x = context.input(0);
  const rank = context.rank(context.input(1));
  if (rank === 1) return gradient;
  if (rank === 0) return builder.node('Unsqueeze', [gradient, builder.integers([axis])]);
  return builder.node('Reshape', [gradient, shapeWith(context, x, axis, -1)]);
}

/** y[i][j] = x[indices[i][j]][j], and so for every axis and rank. */
export const gatherElements: GradientRule = (context) => {
  const x = context.input(0);
  const axis = context.axis(context.int('axis', 0), context.rank(x));
  return [scatterAddLike(context, x, axis, context.input(1), context.gradient)];
};

/** Blocks of x, or of each entry of a batch, by their first coordinates. */
export const gatherNd: GradientRule = (context) => [scatterByPosition(context)];
