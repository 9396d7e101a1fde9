import type { GradientRule } from '../../rule.js';

/**
 * The gradient goes to the position that won its window. Windows may overlap, so positions are added up. The pass
 * `poolIndices` has given the node its second output; windows that do not overlap were rewritten by `tournamentPool`.
 */
export const maxPool: GradientRule = (context) => {
  const { builder, node } = context;
  const indices = node.outputs[1];
  if (indices === undefined || indices === '') return context.fail('does not give the indices of its maxima');
  if (context.int('storage_order', 0) !== 0) return context.fail('counts its indices by columns');
  const input = context.input(0);
  const size = builder.node('Shape', [builder.reshape(input, [-1])]);
  const zeros = builder.node('ConstantOfShape', [size]);
  const flat = builder.nodes(
    'ScatterElements',
    [zeros, builder.reshape(indices, [-1]), builder.reshape(context.gradient, [-1])],
    1,
    { axis: 0, reduction: 'add' },
  );
  return [builder.reshapeLike(flat[0] ?? '', input)];
};
