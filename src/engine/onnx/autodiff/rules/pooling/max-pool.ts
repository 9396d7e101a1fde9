import { scatterAddLike } from '../scatter.js';
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
  const flat = (value: string): string => builder.reshape(value, [-1]);
  const input = context.input(0);
  return [builder.reshapeLike(scatterAddLike(context, flat(input), 0, flat(indices), flat(context.gradient)), input)];
};

/** The first of the largest values of each channel takes the gradient, as in PyTorch's adaptive_max_pool. */
export const globalMaxPool: GradientRule = (context) => {
  const { builder } = context;
  const input = context.input(0);
  const rows = builder.reshape(input, [0, 0, -1]);
  const winners = builder.node('ArgMax', [rows], { axis: 2 });
  const gradient = builder.reshape(context.gradient, [0, 0, 1]);
  return [builder.reshapeLike(scatterAddLike(context, rows, 2, winners, gradient), input)];
};

/** Values put back to where the pooling took them from: the gradient is read there. */
export const maxUnpool: GradientRule = (context) => {
  const { builder } = context;
  const flat = (value: string): string => builder.reshape(value, [-1]);
  const read = builder.node('GatherElements', [flat(context.gradient), flat(context.input(1))], { axis: 0 });
  return [builder.reshapeLike(read, context.input(0))];
};
