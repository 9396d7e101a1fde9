import { reduceTo } from '../../broadcast.js';
import type { GradientRule, RuleContext } from '../../rule.js';
import { float } from '../../../graph/builder.js';

/** y = alpha A' B' + beta C, where ' transposes on demand */
export const gemm: GradientRule = (context) => [
  context.wants(0) ? byA(context) : null,
  context.wants(1) ? byB(context) : null,
  context.wants(2) ? byC(context) : null,
];

function byA(context: RuleContext): string {
  const transA = context.int('transA', 0);
  const transB = context.int('transB', 0);
  return transA === 0
    ? product(context, context.gradient, context.input(1), 0, 1 - transB)
    : product(context, context.input(1), context.gradient, transB, 1);
}

function byB(context: RuleContext): string {
  const transA = context.int('transA', 0);
  const transB = context.int('transB', 0);
  return transB === 0
    ? product(context, context.input(0), context.gradient, 1 - transA, 0)
    : product(context, context.gradient, context.input(0), 1, transA);
}

function byC(context: RuleContext): string {
  const beta = context.float('beta', 1);
  const scaled = beta === 1 ? context.gradient : context.builder.node('Mul', [context.gradient, context.scalar(beta)]);
  return reduceTo(context, scaled, context.shape(context.output), context.input(2));
}

function product(context: RuleContext, a: string, b: string, transA: number, transB: number): string {
  return context.builder.node('Gemm', [a, b], { transA, transB, alpha: float(context.float('alpha', 1)) });
}
