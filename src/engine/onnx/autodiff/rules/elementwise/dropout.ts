import type { GradientRule } from '../../rule.js';

/** The identity at inference. */
export const dropout: GradientRule = (context) => {
  const training = context.optionalInput(2);
  const constant = training === null ? undefined : context.constant(training);
  if (training !== null && (constant === undefined || constant.bytes[0] !== 0)) context.fail('is in training mode');
  return [context.gradient];
};
