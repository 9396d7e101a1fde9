import { reduceTo } from '../../broadcast.js';
import type { GradientRule } from '../../rule.js';

/** y = a where the condition holds, b elsewhere */
export const where: GradientRule = (context) => {
  const { builder, gradient, output } = context;
  const condition = context.input(0);
  const through = (index: number, mask: string): string =>
    reduceTo(context, context.masked(gradient, mask), context.shape(output), context.input(index));
  return [
    null,
    context.wants(1) ? through(1, condition) : null,
    context.wants(2) ? through(2, builder.node('Not', [condition])) : null,
  ];
};
