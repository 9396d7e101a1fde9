import type { GradientRule } from '../../rule.js';

/** Cuts or pads on both sides alike; the way back does the same with the sizes of the input. */
export const centerCropPad: GradientRule = (context) => {
  const { builder, gradient, node } = context;
  const shape = builder.node('Shape', [context.input(0)]);
  const axes = context.ints('axes');
  const sizes = axes === null ? shape : builder.node('Gather', [shape, builder.integers(axes)]);
  return [builder.add(node.domain, node.op, [gradient, sizes], node.attributes)];
};
