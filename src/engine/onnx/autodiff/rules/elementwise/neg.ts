import type { GradientRule } from '../../rule.js';

/** y = -x */
export const neg: GradientRule = ({ builder, gradient }) => [builder.node('Neg', [gradient])];
