import type { GradientRule } from '../../rule.js';

/** One at the largest value of an axis: a step function. */
export const hardmax: GradientRule = (context) => {
  context.substitute('zero');
  return [null];
};
