import type { GraphBuilder } from '../../graph/builder.js';
import type { Attribute } from '../../graph/ir.js';
import { BLOCKED } from './domain.js';

/**
 * x -> scale x + bias with one number a channel: a convolution with a kernel of one, whose weights in blocked order are those
 * in plain order.
 *
 * @param scale and bias, [channels]
 */
export function scaledChannels(
  builder: GraphBuilder,
  x: string,
  scale: string,
  bias: string | null,
  channels: number,
): string {
  const weights = builder.reshape(scale, [channels, 1, 1, 1]);
  return builder.add(BLOCKED, 'Conv', bias === null ? [x, weights] : [x, weights, bias], eachChannel(channels));
}

/** The attributes of a convolution of each channel by itself, with a kernel of one. */
export function eachChannel(channels: number): ReadonlyMap<string, Attribute> {
  const ints = (...value: number[]): Attribute => ({ kind: 'ints', value });
  return new Map([
    ['kernel_shape', ints(1, 1)],
    ['strides', ints(1, 1)],
    ['dilations', ints(1, 1)],
    ['pads', ints(0, 0, 0, 0)],
    ['group', { kind: 'int', value: channels } as const],
  ]);
}

/** The mean of each channel over the batch and its positions, [channels]. */
export function channelMeans(builder: GraphBuilder, x: string, channels: number): string {
  const pooled = builder.add(BLOCKED, 'GlobalAveragePool', [x], new Map());
  return builder.node('ReduceMean', [builder.reshape(pooled, [-1, channels]), builder.integers([0])], { keepdims: 0 });
}

/** The sum of each channel over the batch and its positions, [channels]. */
export function channelSums(builder: GraphBuilder, x: string, channels: number, area: number): string {
  const pooled = builder.add(BLOCKED, 'GlobalAveragePool', [x], new Map());
  const sums = builder.reduceSum(builder.reshape(pooled, [-1, channels]), [0], false);
  return builder.node('Mul', [sums, builder.scalar(area)]);
}

/** Pictures in the blocked layout: how many there are, of how many channels, and their sizes. */
export interface Pictures {
  readonly samples: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/**
 * The sum of the products of two values for each channel, [channels]: a convolution of the picture of each channel of each
 * sample with that of the other value as its kernel, for which both lie in the right order already.
 */
export function channelProducts(builder: GraphBuilder, a: string, b: string, size: Pictures): string {
  const { samples, channels, height, width } = size;
  const count = samples * channels;
  const picture = builder.reshape(a, [1, count, height, width]);
  const kernel = builder.reshape(b, [count, 1, height, width]);
  const attributes = new Map([
    ...eachChannel(count),
    ['kernel_shape', { kind: 'ints', value: [height, width] } as const],
  ]);
  const products = builder.add(BLOCKED, 'Conv', [picture, kernel], attributes);
  return builder.reduceSum(builder.reshape(products, [samples, channels]), [0], false);
}
