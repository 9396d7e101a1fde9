import { times } from './pointwise.js';

/** y = 1 / (1 + e^-x); dy/dx = y (1 - y) */
export const sigmoid = times((context) => {
  const { builder, output } = context;
  return builder.node('Mul', [output, builder.node('Sub', [context.scalar(1), output])]);
});
