import type { GradientRule, RuleContext } from '../../rule.js';
import { standardize, throughStandardization } from './standardization.js';

/** y = scale h + bias, h with mean 0 and variance 1 over the channels of a group and all positions. */
export const groupNormalization: GradientRule = (context) => throughGroups(context, context.int('num_groups', 1));

/** A group normalization whose groups are single channels. */
export const instanceNormalization: GradientRule = (context) => throughGroups(context, channelsOf(context));

function throughGroups(context: RuleContext, groups: number): (string | null)[] {
  const { builder } = context;
  const [x, scale] = [context.input(0), context.input(1)];
  const perGroup = channelsOf(context) / groups;
  // In opset 18 there was a scale for each group, since opset 21 there is one for each channel.
  const isGroupScale = context.sizes(scale, 0)[0] === groups;
  const rows = [0, groups, -1];
  const channels = [0, groups, perGroup, -1];
  const h = standardize(context, {
    x: builder.reshape(x, rows),
    axes: [-1],
    epsilon: context.float('epsilon', 1e-5),
    isCentered: true,
  });
  const gradient = builder.reshape(context.gradient, channels);
  const factors = builder.reshape(scale, [groups, isGroupScale ? 1 : perGroup, 1]);
  const byInput = (): string => {
    const scaled = builder.reshape(builder.node('Mul', [gradient, factors]), rows);
    return builder.reshapeLike(throughStandardization(context, h, scaled), x);
  };
  const summed = (full: string): string =>
    builder.reshape(builder.reduceSum(full, isGroupScale ? [0, 2, 3] : [0, 3], false), [-1]);
  return [
    context.wants(0) ? byInput() : null,
    context.wants(1) ? summed(builder.node('Mul', [gradient, builder.reshape(h.values, channels)])) : null,
    context.wants(2) ? summed(gradient) : null,
  ];
}

function channelsOf(context: RuleContext): number {
  const channels = context.shape(context.input(0))[1];
  return typeof channels === 'number' ? channels : context.fail('has no fixed number of channels');
}
