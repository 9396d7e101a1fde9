import { over, times } from './pointwise.js';

/** dy/dx = cosh x */
export const sinh = times((context) => context.builder.node('Cosh', [context.input(0)]));

/** dy/dx = sinh x */
export const cosh = times((context) => context.builder.node('Sinh', [context.input(0)]));

/** dy/dx = 1 / sqrt(x^2 + 1) */
export const asinh = over((context) => {
  const { builder } = context;
  const x = context.input(0);
  return builder.node('Sqrt', [builder.node('Add', [builder.node('Mul', [x, x]), context.scalar(1)])]);
});

// Products of differences: near 1 they lose no digit, as x^2 - 1 would.

/** dy/dx = 1 / sqrt((x - 1)(x + 1)) */
export const acosh = over((context) => {
  const { builder } = context;
  const x = context.input(0);
  const one = context.scalar(1);
  const square = builder.node('Mul', [builder.node('Sub', [x, one]), builder.node('Add', [x, one])]);
  return builder.node('Sqrt', [square]);
});

/** dy/dx = 1 / ((1 - x)(1 + x)) */
export const atanh = over((context) => {
  const { builder } = context;
  const x = context.input(0);
  const one = context.scalar(1);
  return builder.node('Mul', [builder.node('Sub', [one, x]), builder.node('Add', [one, x])]);
});
