import type { GradientRule } from '../../rule.js';

/** Floor, Ceil, Round, Sign: constant between their jumps. */
export const step: GradientRule = (context) => {
  context.substitute('zero');
  return [null];
};
