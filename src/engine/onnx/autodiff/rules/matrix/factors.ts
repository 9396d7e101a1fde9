import type { RuleContext } from '../../rule.js';

/** A' B', where ' transposes what its flag says, times the factor that the operator itself has. */
export type Product = (a: string, b: string, transA: number, transB: number) => string;

/** y = A' B': dy/dA' = g B'^T, transposed again where A was. */
export function byLeft(context: RuleContext, product: Product): string {
  const transA = context.int('transA', 0);
  const transB = context.int('transB', 0);
  return transA === 0
    ? product(context.gradient, context.input(1), 0, 1 - transB)
    : product(context.input(1), context.gradient, transB, 1);
}

/** y = A' B': dy/dB' = A'^T g, transposed again where B was. */
export function byRight(context: RuleContext, product: Product): string {
  const transA = context.int('transA', 0);
  const transB = context.int('transB', 0);
  return transB === 0
    ? product(context.input(0), context.gradient, 1 - transA, 0)
    : product(context.gradient, context.input(0), 1, transA);
}
