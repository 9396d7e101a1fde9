import { float32Of } from '../../../graph/constants.js';
import type { GradientRule, RuleContext } from '../../rule.js';

/** At inference y = scale (x - mean) / sqrt(variance + epsilon) + bias: a factor a channel. */
export const batchNormalization: GradientRule = (context) => {
  if (context.int('training_mode', 0) === 1) context.fail('is in training mode');
  if ([1, 2, 3, 4].some((i) => context.wants(i))) context.fail('has statistics that depend on the input');
  return [context.builder.node('Mul', [context.gradient, factor(context)])];
};

function factor(context: RuleContext): string {
  const { builder } = context;
  const rank = context.rank(context.input(0));
  const epsilon = context.float('epsilon', 1e-5);
  const scale = context.constant(context.input(1));
  const variance = context.constant(context.input(4));
  const perChannel = rank > 2 ? Array.from({ length: rank - 2 }, () => 1) : [];
  if (scale?.type === 'float32' && variance?.type === 'float32') {
    const variances = float32Of(variance);
    const factors = Float32Array.from(float32Of(scale), (s, i) => s / Math.sqrt((variances[i] ?? NaN) + epsilon));
    return context.floats([factors.length, ...perChannel], factors);
  }
  const deviation = builder.node('Sqrt', [builder.node('Add', [context.input(4), context.scalar(epsilon)])]);
  return builder.reshape(builder.node('Div', [context.input(1), deviation]), [-1, ...perChannel]);
}
