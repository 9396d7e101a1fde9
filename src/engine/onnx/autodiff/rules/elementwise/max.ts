import { reduceTo } from '../../broadcast.js';
import type { GradientRule } from '../../rule.js';

/** y = max(a, b); where both are equal the first wins. */
export const max: GradientRule = (context) => {
  const { builder, gradient, node } = context;
  if (node.inputs.length === 1) return [gradient];
  if (node.inputs.length > 2) return context.fail('has more than two operands');
  const first = context.masked(gradient, builder.node('GreaterOrEqual', [context.input(0), context.input(1)]));
  const second = builder.node('Sub', [gradient, first]);
  return [first, second].map((part, i) =>
    context.wants(i) ? reduceTo(context, part, context.shape(context.output), context.input(i)) : null,
  );
};
