import type { GradientRule, RuleContext } from '../../rule.js';

/** Every rule of a reduction that gives its input back where no axis is reduced. */
export function overAxes(rule: (context: RuleContext, axes: readonly number[]) => string): GradientRule {
  return (context) => {
    const axes = reducedAxes(context);
    return [axes.length === 0 ? context.gradient : rule(context, axes)];
  };
}

/** Ascending, from the front. */
export function reducedAxes(context: RuleContext): number[] {
  const rank = context.rank(context.input(0));
  const axes = context.integers(1) ?? [];
  if (axes.length > 0) return axes.map((axis) => context.axis(axis, rank)).sort((a, b) => a - b);
  return context.int('noop_with_empty_axes', 0) === 1 ? [] : Array.from({ length: rank }, (_, axis) => axis);
}

/** A value of the output's shape with the reduced axes as ones, so that it is broadcast against the input. */
export function aligned(context: RuleContext, value: string): string {
  const axes = reducedAxes(context);
  if (context.int('keepdims', 1) === 1 || axes.length === 0) return value;
  return context.builder.node('Unsqueeze', [value, context.builder.integers(axes)]);
}

/** Repeats a value of the output's shape along the reduced axes. */
export function spread(context: RuleContext, value: string): string {
  const { builder } = context;
  return builder.node('Expand', [aligned(context, value), builder.node('Shape', [context.input(0)])]);
}
