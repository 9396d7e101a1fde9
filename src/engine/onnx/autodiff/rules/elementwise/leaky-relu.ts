import { times } from './pointwise.js';

/** y = x for x > 0, alpha x elsewhere; the subgradient at 0 is alpha. */
export const leakyRelu = times((context) => {
  const { builder } = context;
  const alpha = context.float('alpha', 0.01);
  const positive = builder.node('Greater', [context.input(0), context.scalar(0)]);
  return builder.node('Add', [context.masked(context.scalar(1 - alpha), positive), context.scalar(alpha)]);
});
