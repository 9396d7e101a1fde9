import { sizeOf } from '#base/tensor';
import { broadcastShape, reduceTo } from '../../broadcast.js';
import type { Dimension, Shape } from '../../../graph/shape.js';
import type { GradientRule, RuleContext } from '../../rule.js';
import { parseEquation, writeEquation, type Equation } from './equation.js';

/** y = sum of products of entries by labelled axes: by each operand the same sum with the gradient in its place. */
export const einsum: GradientRule = (context) => {
  const { node } = context;
  const equation = parseEquation(
    context.string('equation', ''),
    node.inputs.map((input) => context.rank(input)),
  );
  return node.inputs.map((_, i) => (context.wants(i) ? byOperand(context, equation, i) : null));
};

function byOperand(context: RuleContext, { operands, output }: Equation, index: number): string {
  const { builder, gradient, node } = context;
  const own = operands[index] ?? [];
  const others = node.inputs.flatMap((name, i) => (i === index ? [] : [{ name, labels: operands[i] ?? [] }]));
  const factors = [{ name: gradient, labels: output }, ...others];
  const sizes = sizesByLabel(context, [{ name: context.output, labels: output }, ...others]);
  const kept = own.filter((label, axis) => sizes.has(label) && own.indexOf(label) === axis);
  const inner = writeEquation({ operands: factors.map(({ labels }) => labels), output: kept });
  const names = factors.map(({ name }) => name);
  const isIdentity = others.length === 0 && kept.join('') === output.join('');
  const sum = isIdentity ? gradient : builder.node('Einsum', names, { equation: inner });
  return placed(context, sum, index, own, sizes);
}

interface Labelled {
  readonly name: string;
  readonly labels: readonly string[];
}

/** The size of each label, after broadcasting. */
function sizesByLabel(context: RuleContext, values: readonly Labelled[]): Map<string, Dimension> {
  const sizes = new Map<string, Dimension>();
  for (const { name, labels } of values) {
    labels.forEach((label, axis) => {
      const [size = 1] = broadcastShape([sizes.get(label) ?? 1], [context.shape(name)[axis] ?? 1]);
      sizes.set(label, size);
    });
  }
  return sizes;
}

/**
 * From one axis a kept label to the axes of the operand: what was repeated by broadcasting is summed, a label twice means
 * the diagonal, and a label that nothing else has was summed, so that all its entries get the same.
 */
function placed(
  context: RuleContext,
  sum: string,
  index: number,
  own: readonly string[],
  sizes: ReadonlyMap<string, Dimension>,
): string {
  const { builder } = context;
  const operand = context.input(index);
  const shape = context.shape(operand);
  const isPresent = own.map((label, axis) => sizes.has(label) && own.indexOf(label) === axis);
  const absent = own.flatMap((_, axis) => (isPresent[axis] ? [] : [axis]));
  const whole = absent.length === 0 ? sum : builder.node('Unsqueeze', [sum, builder.integers(absent)]);
  const from = own.map((label, axis) => (isPresent[axis] ? (sizes.get(label) ?? 1) : 1));
  // Axes of size one that the operand has more of stay for Expand.
  const summable = from.map((size, axis) => (size === 1 ? (shape[axis] ?? 1) : size));
  const reduced = reduceTo(context, whole, summable, operand);
  const diagonal = repeatedPairs(own).reduce((value, pair) => onDiagonal(context, value, shape, pair), reduced);
  const isFull = from.every((size, axis) => size !== 1 || shape[axis] === 1);
  return isFull ? diagonal : builder.node('Expand', [diagonal, builder.node('Shape', [operand])]);
}

/** Axes that have the label of an earlier one, and that one. */
function repeatedPairs(labels: readonly string[]): [number, number][] {
  return labels.flatMap((label, axis): [number, number][] => {
    const first = labels.indexOf(label);
    return first === axis ? [] : [[first, axis]];
  });
}

function onDiagonal(context: RuleContext, value: string, shape: Shape, pair: readonly [number, number]): string {
  const size = shape[pair[0]];
  if (typeof size !== 'number') return context.fail('takes a diagonal that grows with the batch');
  const identityShape = shape.map((_, axis) => (pair.includes(axis) ? size : 1));
  const identity = new Float32Array(sizeOf(identityShape));
  for (let i = 0; i < size; i++) identity[i * size + i] = 1;
  return context.builder.node('Mul', [value, context.floats(identityShape, identity)]);
}
