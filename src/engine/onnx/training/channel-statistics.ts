import type { GradientRule, RuleContext } from '../autodiff/rule.js';
import { intOf, intsOf } from '../graph/attributes.js';
import type { GraphBuilder } from '../graph/builder.js';
import { float32Constant } from '../graph/constants.js';
import type { Node } from '../graph/ir.js';
import { channelMeans, channelProducts, scaledChannels } from '../passes/blocked/channels.js';

/** With count elements x of a channel, d mean / dx = 1 / count and d variance / dx = 2 (x - mean) / count. */
export const channelStatistics: GradientRule = (context) => {
  const { builder, node } = context;
  const [byMean = null, byVariance = null] = context.gradients;
  const share = builder.node('Div', [context.scalar(1), countOf(context)]);
  const constant = byMean === null ? null : builder.node('Mul', [byMean, share]);
  if (byVariance === null) return [constant === null ? null : spread(context, constant)];
  const slope = builder.node('Mul', [byVariance, builder.node('Mul', [share, context.scalar(2)])]);
  const shift = builder.node('Neg', [builder.node('Mul', [slope, node.outputs[0] ?? ''])]);
  const bias = constant === null ? shift : builder.node('Add', [shift, constant]);
  if (isBlocked(node)) return [scaledChannels(builder, context.input(0), slope, bias, intOf(node, 'channels', 0))];
  const along = (value: string): string => builder.alongChannels(value, intOf(node, 'rank', 0));
  return [builder.node('Add', [builder.node('Mul', [context.input(0), along(slope)]), along(bias)])];
};

function spread(context: RuleContext, value: string): string {
  const { builder, node } = context;
  if (!isBlocked(node)) {
    const along = builder.alongChannels(value, intOf(node, 'rank', 0));
    return builder.node('Expand', [along, builder.node('Shape', [context.input(0)])]);
  }
  const zeros = builder.node('Sub', [value, value]);
  return scaledChannels(builder, context.input(0), zeros, value, intOf(node, 'channels', 0));
}

/** Elements of one channel, as a number of float32. */
function countOf(context: RuleContext): string {
  const { builder, node } = context;
  const all = builder.cast(builder.node('Size', [context.input(0)]), 'float32');
  return builder.node('Div', [all, context.scalar(intOf(node, 'channels', 1))]);
}

/** Two passes, so that a variance that is small beside the mean is exact too. */
export function lowerStatistics(builder: GraphBuilder, node: Node, samples: number | null): void {
  if (isBlocked(node)) lowerBlocked(builder, node, samples);
  else lowerPlain(builder, node);
}

function lowerPlain(builder: GraphBuilder, node: Node): void {
  const [x = ''] = node.inputs;
  const [mean = '', variance = ''] = node.outputs;
  const rank = intOf(node, 'rank', 0);
  const axes = builder.integers(Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1));
  const reduced = (value: string, name: string): void =>
    builder.rename(builder.node('ReduceMean', [value, axes], { keepdims: 0 }), name);
  reduced(x, mean);
  const centered = builder.node('Sub', [x, builder.alongChannels(mean, rank)]);
  reduced(builder.node('Mul', [centered, centered]), variance);
}

function lowerBlocked(builder: GraphBuilder, node: Node, samples: number | null): void {
  const [x = ''] = node.inputs;
  const [mean = '', variance = ''] = node.outputs;
  const channels = intOf(node, 'channels', 0);
  builder.rename(channelMeans(builder, x, channels), mean);
  const ones = builder.constant(float32Constant([channels], new Float32Array(channels).fill(1)), 'ones');
  const centered = scaledChannels(builder, x, ones, builder.node('Neg', [mean]), channels);
  if (samples === null) {
    builder.rename(channelMeans(builder, builder.node('Mul', [centered, centered]), channels), variance);
    return;
  }
  const [height = 0, width = 0] = intsOf(node, 'sizes') ?? [];
  const squares = channelProducts(builder, centered, centered, { samples, channels, height, width });
  builder.rename(builder.node('Div', [squares, builder.scalar(samples * height * width)]), variance);
}

function isBlocked(node: Node): boolean {
  return intOf(node, 'blocked', 0) === 1;
}
