import { reduceTo } from '../../broadcast.js';
import type { GradientRule } from '../../rule.js';

/** y = x for x > 0, slope x elsewhere, the slope broadcast to x; the subgradients at 0 are slope and 0. */
export const pRelu: GradientRule = (context) => {
  const { builder, gradient } = context;
  const x = context.input(0);
  const slope = context.input(1);
  const above = context.masked(gradient, builder.node('Greater', [x, context.scalar(0)]));
  const below = builder.node('Sub', [gradient, above]);
  const bySlope = (): string => reduceTo(context, builder.node('Mul', [below, x]), context.shape(x), slope);
  return [
    context.wants(0) ? builder.node('Add', [above, builder.node('Mul', [below, slope])]) : null,
    context.wants(1) ? bySlope() : null,
  ];
};
