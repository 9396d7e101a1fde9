import { reduceTo } from '../../broadcast.js';
import type { GradientRule } from '../../rule.js';

/** y = a / b; dy/da = 1 / b, dy/db = -y / b */
export const div: GradientRule = (context) => {
  const { builder, gradient } = context;
  const shape = context.shape(context.output);
  const scaled = builder.node('Div', [gradient, context.input(1)]);
  const byDenominator = (): string => {
    const product = builder.node('Neg', [builder.node('Mul', [scaled, context.output])]);
    return reduceTo(context, product, shape, context.input(1));
  };
  return [
    context.wants(0) ? reduceTo(context, scaled, shape, context.input(0)) : null,
    context.wants(1) ? byDenominator() : null,
  ];
};
