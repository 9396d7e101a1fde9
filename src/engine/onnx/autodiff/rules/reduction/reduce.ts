import type { GradientRule, RuleContext } from '../../rule.js';

/** y = sum of x over axes */
export const reduceSum: GradientRule = (context) => [spread(context)];

/** y = mean of x over axes */
export const reduceMean: GradientRule = (context) => {
  const { builder } = context;
  return [builder.node('Div', [spread(context), elementsPerOutput(context)])];
};

/** Repeats the gradient along the reduced axes. */
function spread(context: RuleContext): string {
  const { builder, gradient } = context;
  const input = context.input(0);
  const axes = reducedAxes(context);
  const kept = context.int('keepdims', 1) === 1;
  const aligned = kept || axes.length === 0 ? gradient : builder.node('Unsqueeze', [gradient, builder.integers(axes)]);
  return builder.node('Expand', [aligned, builder.node('Shape', [input])]);
}

function reducedAxes(context: RuleContext): number[] {
  const rank = context.rank(context.input(0));
  const axes = context.integers(1) ?? [];
  if (axes.length > 0) return axes.map((axis) => context.axis(axis, rank)).sort((a, b) => a - b);
  return context.int('noop_with_empty_axes', 0) === 1 ? [] : Array.from({ length: rank }, (_, axis) => axis);
}

function elementsPerOutput(context: RuleContext): string {
  const { builder } = context;
  const shape = context.shape(context.input(0));
  const sizes = reducedAxes(context).map((axis) => shape[axis]);
  if (sizes.every((size) => typeof size === 'number')) return context.scalar(sizes.reduce((a, b) => a * b, 1));
  const type = context.type(context.output);
  const count = (name: string): string => builder.cast(builder.node('Size', [name]), type);
  return builder.node('Div', [count(context.input(0)), count(context.output)]);
}
