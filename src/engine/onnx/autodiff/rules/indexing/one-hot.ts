import type { GradientRule } from '../../rule.js';

/** y = off + (on - off) hot, values = [off, on]: `on` gets the gradient where an index points, `off` the rest. */
export const oneHot: GradientRule = (context) => {
  const { builder, gradient, node } = context;
  const [indices = '', depth = ''] = node.inputs;
  const sum = (value: string): string => builder.node('ReduceSum', [builder.reshape(value, [-1])], { keepdims: 1 });
  const hot = builder.add('', node.op, [indices, depth, context.floats([2], [0, 1])], node.attributes);
  const on = sum(builder.node('Mul', [gradient, hot]));
  const off = builder.node('Sub', [sum(gradient), on]);
  return [null, null, builder.node('Concat', [off, on], { axis: 0 })];
};
