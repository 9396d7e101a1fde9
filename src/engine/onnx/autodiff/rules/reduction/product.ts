import { aligned, overAxes } from './axes.js';

/**
 * y = product of x over axes; dy/dx_i is the product p of the others. With P the product of all that are not zero, p is
 * P / x_i where there is no zero; where x_i is the only zero it is P, and next to another zero it is 0.
 */
export const reduceProd = overAxes((context, axes) => {
  const { builder } = context;
  const x = context.input(0);
  const type = context.type(context.output);
  const zeros = builder.cast(builder.node('Equal', [x, context.scalar(0)]), type);
  const factors = builder.node('Add', [x, zeros]);
  const product = builder.node('ReduceProd', [factors, builder.integers(axes)], { keepdims: 1 });
  const otherZeros = builder.node('Sub', [builder.reduceSum(zeros, axes, true), zeros]);
  const scaled = builder.node('Mul', [aligned(context, context.gradient), product]);
  const others = builder.node('Div', [scaled, factors]);
  return context.masked(others, builder.node('Equal', [otherZeros, context.scalar(0)]));
});
