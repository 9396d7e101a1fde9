import { over, times } from './pointwise.js';

/** y = ln(1 + e^x); dy/dx = 1 / (1 + e^-x) */
export const softplus = times((context) => context.builder.node('Sigmoid', [context.input(0)]));

/** y = x / (1 + |x|); dy/dx = 1 / (1 + |x|)^2 */
export const softsign = over((context) => {
  const { builder } = context;
  const divisor = builder.node('Add', [builder.node('Abs', [context.input(0)]), context.scalar(1)]);
  return builder.node('Mul', [divisor, divisor]);
});

/**
 * y = x tanh(ln(1 + e^x)) (Misra 2019). With e = e^x, n = e (e + 2) and d = n + 2 that is x n / d, and
 * dy/dx = (n + 4 x (n - e) / d) / d. From x = 20 on the slope is 1 in every digit of a float32.
 */
export const mish = times((context) => {
  const { builder } = context;
  const two = context.scalar(2);
  const x = builder.node('Min', [context.input(0), context.scalar(20)]);
  const e = builder.node('Exp', [x]);
  const n = builder.node('Mul', [e, builder.node('Add', [e, two])]);
  const d = builder.node('Add', [n, two]);
  const ratio = builder.node('Div', [builder.node('Sub', [n, e]), d]);
  const bend = builder.node('Mul', [builder.node('Mul', [x, context.scalar(4)]), ratio]);
  return builder.node('Div', [builder.node('Add', [n, bend]), d]);
});
