import { float32Of } from '../../../graph/constants.js';
import type { GradientRule, RuleContext } from '../../rule.js';

/**
 * At inference y = scale (x - mean) r + bias with r = 1 / sqrt(variance + epsilon): a factor a channel. With sums over
 * all but the channels, dscale = r sum(g (x - mean)), dvariance = -scale r^3 sum(g (x - mean)) / 2.
 */
export const batchNormalization: GradientRule = (context) => {
  if (context.int('training_mode', 0) === 1) context.fail('is in training mode');
  const { builder, gradient } = context;
  const rank = context.rank(context.input(0));
  const others = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1);
  const total = builder.reduceSum(gradient, others, false);
  const centered = builder.node('Sub', [context.input(0), context.builder.alongChannels(context.input(3), rank)]);
  const moment = builder.reduceSum(builder.node('Mul', [gradient, centered]), others, false);
  const scaled = builder.node('Div', [context.input(1), deviation(context)]);
  return [
    context.wants(0) ? builder.node('Mul', [gradient, factor(context)]) : null,
    context.wants(1) ? builder.node('Div', [moment, deviation(context)]) : null,
    context.wants(2) ? total : null,
    context.wants(3) ? builder.node('Neg', [builder.node('Mul', [total, scaled])]) : null,
    context.wants(4) ? byVariance(context, moment, scaled) : null,
  ];
};

function byVariance(context: RuleContext, moment: string, scaled: string): string {
  const { builder } = context;
  const cubed = builder.node('Div', [scaled, shiftedVariance(context)]);
  return builder.node('Mul', [builder.node('Mul', [moment, cubed]), context.scalar(-0.5)]);
}

function factor(context: RuleContext): string {
  const epsilon = context.float('epsilon', 1e-5);
  const scale = context.constant(context.input(1));
  const variance = context.constant(context.input(4));
  const along = (value: string): string => context.builder.alongChannels(value, context.rank(context.input(0)));
  if (scale?.type === 'float32' && variance?.type === 'float32') {
    const variances = float32Of(variance);
    const factors = Float32Array.from(float32Of(scale), (s, i) => s / Math.sqrt((variances[i] ?? NaN) + epsilon));
    return along(context.floats([factors.length], factors));
  }
  return along(context.builder.node('Div', [context.input(1), deviation(context)]));
}

function deviation(context: RuleContext): string {
  return context.builder.node('Sqrt', [shiftedVariance(context)]);
}

function shiftedVariance(context: RuleContext): string {
  return context.builder.node('Add', [context.input(4), context.scalar(context.float('epsilon', 1e-5))]);
}
