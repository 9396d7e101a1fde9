import type { GradientRule } from '../../rule.js';

/** The first steps of each sequence backward: its own inverse. */
export const reverseSequence: GradientRule = (context) => {
  const { builder, gradient, node } = context;
  return [builder.add(node.domain, node.op, [gradient, context.input(1)], node.attributes)];
};
