import type { GradientRule } from '../../rule.js';

/**
 * Cast and CastLike. Between real types the gradient is cast back; through an integer there is none, and the walk never
 * comes here.
 */
export const cast: GradientRule = (context) => {
  const from = context.type(context.input(0));
  if (from !== 'float32' && from !== 'float64') context.fail(`casts from ${from}`);
  return [context.builder.cast(context.gradient, from)];
};
