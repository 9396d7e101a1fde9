import { times } from './pointwise.js';

/** dy/dx = 1 - y^2 */
export const tanh = times((context) => {
  const { builder, output } = context;
  return builder.node('Sub', [context.scalar(1), builder.node('Mul', [output, output])]);
});
