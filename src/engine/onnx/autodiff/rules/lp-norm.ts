import type { RuleContext } from '../rule.js';

// y = (sum |x|^p)^(1/p): dy/dx = sign(x) |x|^(p - 1) y^(1 - p), a factor of the input's shape and one of the norm's.
// Where the norm is 0 so is every x, and the first factor makes the gradient 0; for p = 1 sign(0) = 0 does.

/** sign(x) |x|^(p - 1) */
export function inputFactor(context: RuleContext, x: string, p: number): string {
  const { builder } = context;
  if (p === 1) return builder.node('Sign', [x]);
  if (p === 2) return x;
  const power = builder.node('Pow', [builder.node('Abs', [x]), context.scalar(p - 2)]);
  return builder.node('Mul', [x, power]);
}

/** value y^(1 - p) */
export function timesNormFactor(context: RuleContext, value: string, norm: string, p: number): string {
  const { builder } = context;
  if (p === 1) return value;
  const divisor = oneForZero(context, norm);
  return builder.node('Div', [value, p === 2 ? divisor : builder.node('Pow', [divisor, context.scalar(p - 1)])]);
}

/** The norm, with 1 in the place of 0: a divisor for what is 0 there anyway. */
export function oneForZero(context: RuleContext, norm: string): string {
  const { builder } = context;
  const isZero = builder.node('Equal', [norm, context.scalar(0)]);
  return builder.node('Add', [norm, builder.cast(isZero, context.type(context.output))]);
}
