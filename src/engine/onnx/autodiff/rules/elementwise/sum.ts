import { reduceTo } from '../../broadcast.js';
import type { GradientRule, RuleContext } from '../../rule.js';

/** y = a + b + ... */
export const sum: GradientRule = (context) => toAll(context, context.gradient);

/** y = (a + b + ...) / n */
export const mean: GradientRule = (context) => {
  const count = context.node.inputs.length;
  const share = context.builder.node('Mul', [context.gradient, context.scalar(1 / count)]);
  return toAll(context, share);
};

function toAll(context: RuleContext, gradient: string): (string | null)[] {
  const shape = context.shape(context.output);
  return context.node.inputs.map((operand, i) =>
    context.wants(i) ? reduceTo(context, gradient, shape, operand) : null,
  );
}
