import type { GradientRule } from '../../rule.js';
import { mean, throughStandardization } from './standardization.js';

/** What the operator's definition adds to a deviation. */
const EPSILON = 1e-9;

/** y = (x - mean) / (deviation + epsilon) over any axes, the batch's among them by default. */
export const meanVarianceNormalization: GradientRule = (context) => {
  const { builder } = context;
  const x = context.input(0);
  const axes = context.ints('axes') ?? [0, 2, 3];
  const centered = builder.node('Sub', [x, mean(context, x, axes)]);
  const variance = mean(context, builder.node('Mul', [centered, centered]), axes);
  const deviation = builder.node('Add', [builder.node('Sqrt', [variance]), context.scalar(EPSILON)]);
  const inverseDeviation = builder.node('Div', [context.scalar(1), deviation]);
  const h = { values: context.output, inverseDeviation, axes, isCentered: true };
  return [throughStandardization(context, h, context.gradient)];
};
