import { reduceTo } from '../../broadcast.js';
import type { GradientRule } from '../../rule.js';

/** y = a - q b with a whole number q = (a - y) / b; dy/da = 1, dy/db = -q */
export const mod: GradientRule = (context) => {
  const { builder, gradient, output } = context;
  const shape = context.shape(output);
  const byDivisor = (): string => {
    const multiple = builder.node('Sub', [output, context.input(0)]);
    const minusQuotient = builder.node('Div', [multiple, context.input(1)]);
    return reduceTo(context, builder.node('Mul', [gradient, minusQuotient]), shape, context.input(1));
  };
  return [
    context.wants(0) ? reduceTo(context, gradient, shape, context.input(0)) : null,
    context.wants(1) ? byDivisor() : null,
  ];
};
