import { reduceTo } from '../../broadcast.js';
import type { GradientRule } from '../../rule.js';

/** y = a - b */
export const sub: GradientRule = (context) => {
  const { builder, gradient } = context;
  const shape = context.shape(context.output);
  return [
    context.wants(0) ? reduceTo(context, gradient, shape, context.input(0)) : null,
    context.wants(1) ? reduceTo(context, builder.node('Neg', [gradient]), shape, context.input(1)) : null,
  ];
};
