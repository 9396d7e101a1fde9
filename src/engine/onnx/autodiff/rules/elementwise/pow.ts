import { numbersOf } from '../../../graph/constants.js';
import { reduceTo } from '../../broadcast.js';
import type { GradientRule, RuleContext } from '../../rule.js';

/** y = a^b; dy/da = b a^(b-1), dy/db = y ln a */
export const pow: GradientRule = (context) => {
  const { builder } = context;
  const shape = context.shape(context.output);
  const byExponent = (): string => {
    const through = reduceTo(context, exponentGradient(context), shape, context.input(1));
    const type = context.type(context.input(1));
    return type === context.type(context.output) ? through : builder.cast(through, type);
  };
  const base = context.wants(0) ? baseGradient(context, uniformExponent(context)) : null;
  return [
    base === null ? null : reduceTo(context, base, shape, context.input(0)),
    context.wants(1) ? byExponent() : null,
  ];
};

/** The number that a constant exponent holds everywhere; null where there is none. */
function uniformExponent(context: RuleContext): number | null {
  const constant = context.constant(context.input(1));
  const [first, ...others] = constant === undefined ? [] : numbersOf(constant);
  return first !== undefined && others.every((other) => other === first) ? first : null;
}

function baseGradient(context: RuleContext, exponent: number | null): string | null {
  const { builder, gradient, output } = context;
  const base = context.input(0);
  if (exponent === null) return anyExponent(context);
  if (exponent === 0) return null;
  if (exponent === 1) return gradient;
  if (exponent === 2) return builder.node('Mul', [gradient, builder.node('Add', [base, base])]);
  if (exponent === 0.5) return builder.node('Div', [gradient, builder.node('Add', [output, output])]);
  const scaled = builder.node('Mul', [gradient, context.scalar(exponent)]);
  // A power costs as much as 20 products. Base 0 is no exception: both forms are infinite there.
  if (exponent < 0) return builder.node('Mul', [scaled, builder.node('Div', [output, base])]);
  return builder.node('Mul', [scaled, builder.node('Pow', [base, context.scalar(exponent - 1)])]);
}

/** b a^(b-1), but b a^b where b is 0: that is 0 for every a, while 0 a^-1 is no number for a = 0. */
function anyExponent(context: RuleContext): string {
  const { builder } = context;
  const type = context.type(context.output);
  const given = context.input(1);
  const exponent = context.type(given) === type ? given : builder.cast(given, type);
  const isNotZero = builder.node('Not', [builder.node('Equal', [exponent, context.scalar(0)])]);
  const lowered = builder.node('Sub', [exponent, builder.cast(isNotZero, type)]);
  const slope = builder.node('Mul', [exponent, builder.node('Pow', [context.input(0), lowered])]);
  return builder.node('Mul', [context.gradient, slope]);
}

/** y ln a; 0 at a = 0, which a logarithm of 1 instead gives. */
function exponentGradient(context: RuleContext): string {
  const { builder, output } = context;
  const base = context.input(0);
  const isZero = builder.node('Equal', [base, context.scalar(0)]);
  const logarithm = builder.node('Log', [builder.node('Add', [base, builder.cast(isZero, context.type(output))])]);
  return builder.node('Mul', [context.gradient, builder.node('Mul', [output, logarithm])]);
}
