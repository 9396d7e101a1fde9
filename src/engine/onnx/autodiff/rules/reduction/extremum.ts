import { aligned, overAxes } from './axes.js';

/** y = max or min of x over axes; equal extrema share the gradient evenly, as in PyTorch's amax and amin. */
export const reduceExtremum = overAxes((context, axes) => {
  const { builder } = context;
  const isExtremum = builder.node('Equal', [context.input(0), aligned(context, context.output)]);
  const winners = builder.cast(isExtremum, context.type(context.output));
  const share = builder.node('Div', [aligned(context, context.gradient), builder.reduceSum(winners, axes, true)]);
  return builder.node('Mul', [winners, share]);
});
