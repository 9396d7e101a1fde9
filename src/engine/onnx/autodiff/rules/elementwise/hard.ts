import { float } from '../../../graph/builder.js';
import type { GradientRule } from '../../rule.js';
import { times } from './pointwise.js';

/** y = min(max(alpha x + beta, 0), 1); the subgradient at both ends is 0. */
export const hardSigmoid = times((context) => {
  const { builder, output } = context;
  const above = builder.node('Greater', [output, context.scalar(0)]);
  const below = builder.node('Less', [output, context.scalar(1)]);
  return context.masked(context.scalar(context.float('alpha', 0.2)), builder.node('And', [above, below]));
});

/** y = x h with h = min(max(x / 6 + 1 / 2, 0), 1); dy/dx = h + x / 6 for |x| < 3, h elsewhere */
export const hardSwish = times((context) => {
  const { builder } = context;
  const x = context.input(0);
  const h = builder.node('HardSigmoid', [x], { alpha: float(1 / 6), beta: float(0.5) });
  const bends = builder.node('Less', [builder.node('Abs', [x]), context.scalar(3)]);
  const sixth = builder.node('Mul', [x, context.scalar(1 / 6)]);
  return builder.node('Add', [h, context.masked(sixth, bends)]);
});

/** y = x for x > alpha, 0 elsewhere */
export const thresholdedRelu: GradientRule = (context) => {
  const threshold = context.scalar(context.float('alpha', 1));
  return [context.masked(context.gradient, context.builder.node('Greater', [context.input(0), threshold]))];
};

/** y = x - bias for x > lambd, x + bias for x < -lambd, 0 elsewhere */
export const shrink: GradientRule = (context) => {
  const { builder } = context;
  const size = builder.node('Abs', [context.input(0)]);
  return [
    context.masked(context.gradient, builder.node('Greater', [size, context.scalar(context.float('lambd', 0.5))])),
  ];
};
