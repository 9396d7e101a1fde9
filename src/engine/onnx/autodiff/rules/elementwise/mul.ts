import { reduceTo } from '../../broadcast.js';
import type { GradientRule } from '../../rule.js';

/** y = a b */
export const mul: GradientRule = (context) => {
  const { builder, gradient } = context;
  const shape = context.shape(context.output);
  const through = (own: number, other: number): string | null => {
    if (!context.wants(own)) return null;
    return reduceTo(context, builder.node('Mul', [gradient, context.input(other)]), shape, context.input(own));
  };
  return [through(0, 1), through(1, 0)];
};
