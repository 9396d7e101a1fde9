import { over, times } from './pointwise.js';

/** y = sqrt x; dy/dx = 1 / 2y */
export const sqrt = over(({ builder, output }) => builder.node('Add', [output, output]));

/** y = 1 / x; dy/dx = -y^2 */
export const reciprocal = times(({ builder, output }) => builder.node('Mul', [output, builder.node('Neg', [output])]));
