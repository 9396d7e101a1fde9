import type { GradientRule } from '../../rule.js';

/** y = min(max(x, low), high); the bounds themselves pass the gradient on. */
export const clip: GradientRule = (context) => {
  const { builder } = context;
  if (context.wants(1) || context.wants(2)) context.fail('has bounds that depend on the input');
  const low = context.optionalInput(1);
  const high = context.optionalInput(2);
  let gradient = context.gradient;
  if (low !== null) gradient = context.masked(gradient, builder.node('GreaterOrEqual', [context.input(0), low]));
  if (high !== null) gradient = context.masked(gradient, builder.node('LessOrEqual', [context.input(0), high]));
  return [gradient];
};
