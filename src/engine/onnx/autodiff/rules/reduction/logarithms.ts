import type { GradientRule } from '../../rule.js';
import { aligned, overAxes, spread } from './axes.js';

/** y = log(sum x); dx = g / sum x = g e^-y */
export const reduceLogSum: GradientRule = (context) => {
  const { builder } = context;
  const reciprocal = builder.node('Exp', [builder.node('Neg', [context.output])]);
  return [spread(context, builder.node('Mul', [context.gradient, reciprocal]))];
};

/**
 * y = log(sum e^x); dx = g softmax(x). Over several axes the softmax is e^(x - y) divided by its sum, which is 1 up to
 * the rounding of y: at y = 900 that would cost three of seven digits.
 */
export const reduceLogSumExp = overAxes((context, axes) => {
  const { builder } = context;
  const x = context.input(0);
  const gradient = aligned(context, context.gradient);
  const [axis] = axes;
  if (axes.length === 1 && axis !== undefined) {
    return builder.node('Mul', [builder.node('Softmax', [x], { axis }), gradient]);
  }
  const powers = builder.node('Exp', [builder.node('Sub', [x, aligned(context, context.output)])]);
  const scale = builder.node('Div', [gradient, builder.reduceSum(powers, axes, true)]);
  return builder.node('Mul', [powers, scale]);
});
