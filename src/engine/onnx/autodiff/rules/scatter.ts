import { float32Constant, float64Constant, int64Constant } from '../../graph/constants.js';
import type { RuleContext } from '../rule.js';

/** Zeros of the type of the gradient; `shape` holds the sizes when the graph runs. */
export function zeros(context: RuleContext, shape: string): string {
  const make = context.type(context.output) === 'float64' ? float64Constant : float32Constant;
  return context.builder.node('ConstantOfShape', [shape], { value: { kind: 'tensor', value: make([1], [0]) } });
}

export function zerosLike(context: RuleContext, like: string): string {
  return zeros(context, context.builder.node('Shape', [like]));
}

/**
 * Adds each of `updates` to zeros of the sizes that `shape` holds, at its index along `axis`. ScatterND adds whole rows
 * and is 15 times faster, but its threads lose updates where indices repeat (ONNX Runtime 1.30).
 */
export function scatterAdd(
  context: RuleContext,
  shape: string,
  axis: number,
  indices: string,
  updates: string,
): string {
  return context.builder.node('ScatterElements', [zeros(context, shape), indices, updates], {
    axis,
    reduction: 'add',
  });
}

/** As {@link scatterAdd}, to zeros of the shape of `like`. */
export function scatterAddLike(
  context: RuleContext,
  like: string,
  axis: number,
  indices: string,
  updates: string,
): string {
  return scatterAdd(context, context.builder.node('Shape', [like]), axis, indices, updates);
}

/** As {@link scatterAdd}, for one index a position of `axis`: `indices` has one axis. */
export function scatterAlong(
  context: RuleContext,
  { shape, rank, axis }: { readonly shape: string; readonly rank: number; readonly axis: number },
  indices: string,
  updates: string,
): string {
  const { builder } = context;
  const sizes = Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1));
  const expanded = builder.node('Expand', [builder.reshape(indices, sizes), builder.node('Shape', [updates])]);
  return scatterAdd(context, shape, axis, expanded, updates);
}

/**
 * The gradient by the first input of any operator that copies elements and does nothing else to them. The operator
 * itself, applied to the position of each element, says where each came from.
 */
export function scatterByPosition(context: RuleContext, others = context.node.inputs.slice(1)): string {
  const { builder, node } = context;
  const input = context.input(0);
  const shape = builder.node('Shape', [input]);
  const count = builder.node('Size', [input]);
  const places = builder.node('Range', [scalarInteger(context, 0), count, scalarInteger(context, 1)]);
  const sources = builder.add(
    node.domain,
    node.op,
    [builder.node('Reshape', [places, shape]), ...others],
    node.attributes,
  );
  const flat = scatterAdd(
    context,
    builder.reshape(count, [1]),
    0,
    builder.reshape(sources, [-1]),
    builder.reshape(context.gradient, [-1]),
  );
  return builder.node('Reshape', [flat, shape]);
}

function scalarInteger(context: RuleContext, value: number): string {
  return context.builder.constant(int64Constant([], [value]));
}
