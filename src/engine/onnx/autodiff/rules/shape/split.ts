import type { GradientRule } from '../../rule.js';

/** The parts' gradients side by side; a part that nothing depends on gives zeros. */
export const split: GradientRule = (context) => {
  const { builder, node, gradients } = context;
  const axis = context.axis(context.int('axis', 0), context.rank(context.input(0)));
  const parts = node.outputs.map((output, i) => {
    const gradient = gradients[i];
    return gradient ?? builder.node('Mul', [output, context.scalar(0)]);
  });
  return [parts.length === 1 ? (parts[0] ?? null) : builder.node('Concat', parts, { axis })];
};
