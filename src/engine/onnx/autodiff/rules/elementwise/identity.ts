import type { GradientRule } from '../../rule.js';

/** y = x */
export const identity: GradientRule = ({ gradient }) => [gradient];
