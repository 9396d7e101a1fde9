import type { GradientRule } from '../../rule.js';
import { times } from './pointwise.js';

/** y = x s(alpha x) with the logistic function s; dy/dx = s + alpha y (1 - s) */
function logisticUnit(defaultAlpha: number): GradientRule {
  return times((context) => {
    const { builder, output } = context;
    const alpha = context.float('alpha', defaultAlpha);
    const scaled = (value: string): string =>
      alpha === 1 ? value : builder.node('Mul', [value, context.scalar(alpha)]);
    const s = builder.node('Sigmoid', [scaled(context.input(0))]);
    const complement = builder.node('Sub', [context.scalar(1), s]);
    return builder.node('Add', [s, scaled(builder.node('Mul', [output, complement]))]);
  });
}

/** Ramachandran, Zoph & Le 2017 */
export const swish = logisticUnit(1);

/** The logistic approximation of Hendrycks & Gimpel 2016. */
export const quickGelu = logisticUnit(1.702);
