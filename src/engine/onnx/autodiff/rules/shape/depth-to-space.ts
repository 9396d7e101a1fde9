import { reshapeTarget } from '../../../graph/shape.js';
import type { GradientRule } from '../../rule.js';

/** Blocks of space back to channels: by SpaceToDepth where the place in the block comes before the channel (DCR). */
export const depthToSpace: GradientRule = (context) => {
  const { builder, gradient } = context;
  const blocksize = context.int('blocksize', 1);
  if (context.string('mode', 'DCR') === 'DCR') return [builder.node('SpaceToDepth', [gradient], { blocksize })];
  const shape = context.shape(context.output);
  const [batch = 1, channels = 1, height = 1, width = 1] = shape;
  const [rows, columns] = [height, width].map((size) => (typeof size === 'number' ? size / blocksize : size));
  const apart = reshapeTarget([batch, channels, rows ?? 1, blocksize, columns ?? 1, blocksize]);
  if (apart === null) return context.fail('has sizes that grow with the batch');
  const moved = builder.transpose(builder.reshape(gradient, apart), [0, 1, 3, 5, 2, 4]);
  return [builder.reshapeLike(moved, context.input(0))];
};

/** Channels back to blocks of space. */
export const spaceToDepth: GradientRule = (context) => [
  context.builder.node('DepthToSpace', [context.gradient], { blocksize: context.int('blocksize', 1), mode: 'DCR' }),
];
