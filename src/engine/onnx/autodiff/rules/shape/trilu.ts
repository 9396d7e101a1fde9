import type { GradientRule } from '../../rule.js';

/** The same triangle of the gradient. */
export const trilu: GradientRule = (context) => {
  const { builder, gradient, node } = context;
  return [builder.add(node.domain, node.op, [gradient, ...node.inputs.slice(1)], node.attributes)];
};
