import { reduceTo } from '../../broadcast.js';
import type { GradientRule, RuleContext } from '../../rule.js';

/** y = min(max(x, low), high); at a bound the gradient goes to x, behind it to the bound. */
export const clip: GradientRule = (context) => {
  const { builder } = context;
  const low = context.optionalInput(1);
  const high = context.optionalInput(2);
  let inside = context.gradient;
  if (low !== null) inside = context.masked(inside, builder.node('GreaterOrEqual', [context.input(0), low]));
  if (high !== null) inside = context.masked(inside, builder.node('LessOrEqual', [context.input(0), high]));
  if (!context.wants(1) && !context.wants(2)) return [inside];
  const outside = builder.node('Sub', [context.gradient, inside]);
  return [inside, ...boundGradients(context, outside, low, high)];
};

/** What is not x is `high` where max(x, low) is above it, as it is everywhere when low > high, and `low` elsewhere. */
function boundGradients(
  context: RuleContext,
  outside: string,
  low: string | null,
  high: string | null,
): (string | null)[] {
  const { builder } = context;
  const shape = context.shape(context.output);
  if (high === null) return [low === null ? null : reduceTo(context, outside, shape, low)];
  if (low === null) return [null, reduceTo(context, outside, shape, high)];
  const raised = builder.node('Max', [context.input(0), low]);
  const above = context.masked(outside, builder.node('Greater', [raised, high]));
  const below = builder.node('Sub', [outside, above]);
  return [
    context.wants(1) ? reduceTo(context, below, shape, low) : null,
    context.wants(2) ? reduceTo(context, above, shape, high) : null,
  ];
}
