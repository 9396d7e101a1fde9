import { reduceTo } from '../../broadcast.js';
import type { GradientRule, RuleContext } from '../../rule.js';
import { float } from '../../../graph/builder.js';
import { byLeft, byRight, type Product } from './factors.js';

/** y = alpha A' B' + beta C, where ' transposes on demand */
export const gemm: GradientRule = (context) => {
  const product: Product = (a, b, transA, transB) =>
    context.builder.node('Gemm', [a, b], { transA, transB, alpha: float(context.float('alpha', 1)) });
  return [
    context.wants(0) ? byLeft(context, product) : null,
    context.wants(1) ? byRight(context, product) : null,
    context.wants(2) ? byC(context) : null,
  ];
};

function byC(context: RuleContext): string {
  const beta = context.float('beta', 1);
  const scaled = beta === 1 ? context.gradient : context.builder.node('Mul', [context.gradient, context.scalar(beta)]);
  return reduceTo(context, scaled, context.shape(context.output), context.input(2));
}
