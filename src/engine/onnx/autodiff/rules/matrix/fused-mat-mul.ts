import { broadcastShape, reduceTo } from '../../broadcast.js';
import { float } from '../../../graph/builder.js';
import type { GradientRule, RuleContext } from '../../rule.js';
import { byLeft, byRight, type Product } from './factors.js';

/** ONNX Runtime's own y = alpha A' B' over leading axes that are broadcast, where ' transposes on demand. */
export const fusedMatMul: GradientRule = (context) => {
  const shapes = [0, 1].map((index) => context.shape(context.input(index)));
  if (shapes.some((shape) => shape.length < 2)) context.fail('multiplies a vector');
  if (context.int('transBatchA', 0) + context.int('transBatchB', 0) > 0) context.fail('transposes the batch');
  const [a = [], b = []] = shapes;
  const lead = broadcastShape(a.slice(0, -2), b.slice(0, -2));
  const reduced = (index: 0 | 1, gradient: string): string => {
    const own = index === 0 ? a : b;
    return reduceTo(context, gradient, [...lead, ...own.slice(-2)], context.input(index));
  };
  const product = productOf(context);
  return [
    context.wants(0) ? reduced(0, byLeft(context, product)) : null,
    context.wants(1) ? reduced(1, byRight(context, product)) : null,
  ];
};

function productOf(context: RuleContext): Product {
  return (a, b, transA, transB) => {
    const attributes = { transA, transB, alpha: float(context.float('alpha', 1)) };
    const [product = ''] = context.builder.nodes('FusedMatMul', [a, b], 1, attributes, 'com.microsoft');
    return product;
  };
}
