import type { RuleContext } from '../../rule.js';
import { over, times } from './pointwise.js';

/** dy/dx = cos x */
export const sin = times((context) => context.builder.node('Cos', [context.input(0)]));

/** dy/dx = -sin x */
export const cos = times(({ builder, node }) => builder.node('Neg', [builder.node('Sin', node.inputs)]));

/** dy/dx = 1 + y^2 */
export const tan = times((context) => {
  const { builder, output } = context;
  return builder.node('Add', [builder.node('Mul', [output, output]), context.scalar(1)]);
});

/** dy/dx = 1 / sqrt(1 - x^2) */
export const asin = over(cosine);

/** dy/dx = -1 / sqrt(1 - x^2) */
export const acos = over((context) => context.builder.node('Neg', [cosine(context)]));

/** dy/dx = 1 / (1 + x^2) */
export const atan = over((context) => {
  const { builder } = context;
  const x = context.input(0);
  return builder.node('Add', [builder.node('Mul', [x, x]), context.scalar(1)]);
});

/** sqrt((1 - x)(1 + x)), the cosine of asin x: near 1 the difference loses no digit, as 1 - x^2 would. */
function cosine(context: RuleContext): string {
  const { builder } = context;
  const x = context.input(0);
  const one = context.scalar(1);
  const square = builder.node('Mul', [builder.node('Sub', [one, x]), builder.node('Add', [one, x])]);
  return builder.node('Sqrt', [square]);
}
