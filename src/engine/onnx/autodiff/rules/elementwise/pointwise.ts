import type { GradientRule, RuleContext } from '../../rule.js';

/** Adds the nodes of a function of the operator's input or output, and gives its name. */
export type Expression = (context: RuleContext) => string;

/** The rule of y = f(x), whose derivative is `slope`. */
export function times(slope: Expression): GradientRule {
  return (context) => [context.builder.node('Mul', [context.gradient, slope(context)])];
}

/** The rule of y = f(x), whose derivative is 1 / `divisor`. */
export function over(divisor: Expression): GradientRule {
  return (context) => [context.builder.node('Div', [context.gradient, divisor(context)])];
}
