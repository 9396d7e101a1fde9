import type { RuleContext } from '../../rule.js';
import { overAxes, spread } from './axes.js';

/** y = sum of x over axes */
export const reduceSum = overAxes((context) => spread(context, context.gradient));

/** y = mean of x over axes */
export const reduceMean = overAxes((context, axes) =>
  spread(context, context.builder.node('Div', [context.gradient, elementsPerOutput(context, axes)])),
);

function elementsPerOutput(context: RuleContext, axes: readonly number[]): string {
  const { builder } = context;
  const shape = context.shape(context.input(0));
  const sizes = axes.map((axis) => shape[axis]);
  if (sizes.every((size) => typeof size === 'number')) return context.scalar(sizes.reduce((a, b) => a * b, 1));
  const type = context.type(context.output);
  const count = (name: string): string => builder.cast(builder.node('Size', [name]), type);
  return builder.node('Div', [count(context.input(0)), count(context.output)]);
}
