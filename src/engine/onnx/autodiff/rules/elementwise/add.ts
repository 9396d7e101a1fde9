import { reduceTo } from '../../broadcast.js';
import type { GradientRule } from '../../rule.js';

/** y = a + b */
export const add: GradientRule = (context) =>
  [0, 1].map((i) =>
    context.wants(i) ? reduceTo(context, context.gradient, context.shape(context.output), context.input(i)) : null,
  );
