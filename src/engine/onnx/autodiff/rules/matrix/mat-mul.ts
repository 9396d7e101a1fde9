import { broadcastShape, reduceTo } from '../../broadcast.js';
import { reshapeTarget, type Shape } from '../../../graph/shape.js';
import type { GradientRule, RuleContext } from '../../rule.js';

/** y = A B with numpy's rules: vectors are promoted, leading axes are broadcast. */
export const matMul: GradientRule = (context) => {
  const a = matrix(context, 0);
  const b = matrix(context, 1);
  const g = promoted(context, context.gradient, a.isVector, b.isVector);
  return [context.wants(0) ? byA(context, g, a, b) : null, context.wants(1) ? byB(context, g, a, b) : null];
};

interface Operand {
  readonly name: string;
  readonly shape: Shape;
  readonly isVector: boolean;
}

/** An operand with at least two axes: a vector becomes a row on the left and a column on the right. */
function matrix(context: RuleContext, index: 0 | 1): Operand {
  const name = context.input(index);
  const shape = context.shape(name);
  if (shape.length > 1) return { name, shape, isVector: false };
  const axis = index === 0 ? 0 : 1;
  const column = context.builder.node('Unsqueeze', [name, context.builder.integers([axis])]);
  const size = shape[0] ?? 1;
  return { name: column, shape: index === 0 ? [1, size] : [size, 1], isVector: true };
}

/** The gradient with the axes that promoted vectors lost in the result. */
function promoted(context: RuleContext, gradient: string, row: boolean, column: boolean): string {
  const axes = [...(row && column ? [0, 1] : row ? [-2] : column ? [-1] : [])];
  return axes.length === 0 ? gradient : context.builder.node('Unsqueeze', [gradient, context.builder.integers(axes)]);
}

function byA(context: RuleContext, g: string, a: Operand, b: Operand): string {
  const full = context.builder.node('MatMul', [g, swapped(context, b)]);
  return demoted(context, full, [...lead(a, b), ...a.shape.slice(-2)], a, context.input(0));
}

function byB(context: RuleContext, g: string, a: Operand, b: Operand): string {
  const { builder } = context;
  const inner = a.shape.at(-1);
  const width = b.shape.at(-1);
  if (b.shape.length === 2 && a.shape.length > 2 && typeof inner === 'number' && typeof width === 'number') {
    // One product over all leading axes instead of one a batch entry and a sum.
    const flat = builder.node('Gemm', [builder.reshape(a.name, [-1, inner]), builder.reshape(g, [-1, width])], {
      transA: 1,
    });
    return demoted(context, flat, b.shape, b, context.input(1));
  }
  const full = builder.node('MatMul', [swapped(context, a), g]);
  return demoted(context, full, [...lead(a, b), ...b.shape.slice(-2)], b, context.input(1));
}

function lead(a: Operand, b: Operand): Shape {
  return broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
}

function swapped(context: RuleContext, operand: Operand): string {
  const rank = operand.shape.length;
  const permutation = [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2];
  return context.builder.transpose(operand.name, permutation);
}

/** From the shape of the product back to that of the operand as it came in. */
function demoted(context: RuleContext, full: string, from: Shape, operand: Operand, original: string): string {
  if (!operand.isVector) return reduceTo(context, full, from, original);
  const extra = from.length - 2;
  const summed =
    extra === 0
      ? full
      : context.builder.reduceSum(
          full,
          Array.from({ length: extra }, (_, axis) => axis),
          false,
        );
  const target = reshapeTarget(context.shape(original));
  return target === null ? context.builder.reshapeLike(summed, original) : context.builder.reshape(summed, target);
}
