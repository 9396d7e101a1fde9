import { reshapeTarget, type Dimension } from '../../../graph/shape.js';
import type { GradientRule, RuleContext } from '../../rule.js';
import { constantIntegers } from '../constant-inputs.js';

/** Whole copies side by side: each axis is taken apart into copies and positions, and copies are summed. */
export const tile: GradientRule = (context) => {
  const { builder, gradient } = context;
  const repeats = constantIntegers(context, 1);
  const apart = repeats ? takenApart(context, repeats) : null;
  if (apart === null) return [sumComputed(context)];
  if (apart.copies.length === 0) return [gradient];
  return [builder.reduceSum(builder.reshape(gradient, apart.sizes), apart.copies, false)];
};

/** Only the axes that are repeated, as the runtime sums few long axes faster than many short ones; null where sizes are not known. */
function takenApart(context: RuleContext, repeats: readonly number[]): { sizes: number[]; copies: number[] } | null {
  const shape: Dimension[] = [];
  const copies: number[] = [];
  context.shape(context.input(0)).forEach((dimension, axis) => {
    const times = repeats[axis] ?? 1;
    if (times !== 1) copies.push(shape.push(times) - 1);
    shape.push(dimension);
  });
  const sizes = reshapeTarget(shape);
  return sizes === null ? null : { sizes, copies };
}

/** The same for [repeats[0], size[0], repeats[1], size[1], ...] as they are when the graph runs. */
function sumComputed(context: RuleContext): string {
  const { builder, gradient } = context;
  const column = (values: string): string => builder.node('Unsqueeze', [values, builder.integers([1])]);
  const sizes = column(builder.node('Shape', [context.input(0)]));
  const pairs = builder.node('Concat', [column(context.input(1)), sizes], { axis: 1 });
  const apart = builder.node('Reshape', [gradient, builder.reshape(pairs, [-1])]);
  const axes = context.shape(context.input(0)).map((_, axis) => 2 * axis);
  return builder.reduceSum(apart, axes, false);
}
