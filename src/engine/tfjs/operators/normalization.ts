import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '#base/tensor';
import {
  axisOf,
  fail,
  float,
  given,
  int,
  ints,
  operand,
  optionalOperand,
  type Call,
  type OperatorTable,
} from '../operator.js';
import { numbersIn, range, real, valueOf, type Value } from '../value.js';
import { product } from './matrix.js';
import { norm } from './reduction.js';

/** Operators that bring values of an axis, a channel or a group to one scale. */
export const normalizationOperators: OperatorTable = {
  Softmax: (call) => alongLast(call, (rows) => tf.softmax(rows)),
  LogSoftmax: (call) => alongLast(call, (rows) => tf.logSoftmax(rows)),
  Hardmax: (call) => hardmax(call),
  BatchNormalization: (call) => batchNormalization(call),
  InstanceNormalization: (call) => groupNormalization(call, operand(call, 0).shape[1] ?? 1),
  GroupNormalization: (call) => groupNormalization(call, int(call, 'num_groups', 1)),
  LayerNormalization: (call) => layerNormalization(call, true),
  RMSNormalization: (call) => layerNormalization(call, false),
  SimplifiedLayerNormalization: (call) => layerNormalization(call, false),
  'com.microsoft.SkipLayerNormalization': (call) => skipNormalization(call, true),
  'com.microsoft.SkipSimplifiedLayerNormalization': (call) => skipNormalization(call, false),
  MeanVarianceNormalization: (call) => meanVarianceNormalization(call),
  LpNormalization: (call) => lpNormalization(call),
  LRN: (call) => localResponseNormalization(call),
};

/** A function of rows, along any axis. */
function alongLast(call: Call, apply: (rows: Tensor) => Tensor): Tensor {
  const x = operand(call, 0);
  const axis = axisOf(call, int(call, 'axis', -1), x.rank);
  if (x.size === 0) return tf.clone(x);
  if (axis === x.rank - 1) return apply(x);
  const order = [...range(0, x.rank).filter((each) => each !== axis), axis];
  const back = range(0, x.rank).map((each) => order.indexOf(each));
  return tf.transpose(apply(tf.transpose(x, order)), back);
}

/** One at the first of the largest values of an axis: a step function. */
function hardmax(call: Call): Tensor {
  return alongLast(call, (rows) => {
    const width = rows.shape.at(-1) ?? 1;
    return real(tf.oneHot(tf.cast(tf.argMax(rows, -1), 'int32'), width));
  });
}

/** y = scale (x - mean) / sqrt(variance + epsilon) + bias for each channel, by running statistics. */
function batchNormalization(call: Call): Value {
  const x = given(call, 0);
  if (int(call, 'training_mode', 0) === 1) fail(call, 'trains');
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => operand(call, i));
  if (scale === undefined || bias === undefined || mean === undefined || variance === undefined) return x;
  return normalizedChannels(x, { scale, bias, mean, variance, epsilon: float(call, 'epsilon', 1e-5) });
}

export interface ChannelStatistics {
  readonly scale: Tensor;
  readonly bias: Tensor;
  readonly mean: Tensor;
  readonly variance: Tensor;
  readonly epsilon: number;
}

export function normalizedChannels(x: Value, statistics: ChannelStatistics): Value {
  const { scale, bias, mean, variance, epsilon } = statistics;
  const channels = (values: Tensor): Tensor => alongChannels(values, x);
  const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)));
  const centered = tf.sub(x.tensor, channels(mean));
  return { ...x, tensor: tf.add(tf.mul(centered, channels(factor)), channels(bias)) };
}

/** [channels] in the shape in which it is broadcast to a value. */
export function alongChannels(values: Tensor, { tensor, channelsLast }: Value): Tensor {
  return channelsLast || tensor.rank <= 2
    ? values
    : tf.reshape(values, [values.size, ...range(2, tensor.rank).map(() => 1)]);
}

/** x with mean 0 (where it is centered) and variance 1 over axes, and what it was divided by. */
function standardized(x: Tensor, axes: number[], epsilon: number, isCentered: boolean): Standardized {
  const mean = tf.mean(x, axes, true);
  const centered = isCentered ? tf.sub(x, mean) : x;
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centered), axes, true), epsilon));
  return { values: tf.mul(centered, inverse), mean, inverse };
}

interface Standardized {
  readonly values: Tensor;
  readonly mean: Tensor;
  readonly inverse: Tensor;
}

function groupNormalization(call: Call, groups: number): Tensor {
  const x = operand(call, 0);
  const [n = 0, channels = 1, ...positions] = x.shape;
  const [scale, bias] = [operand(call, 1), operand(call, 2)];
  const rows = tf.reshape(x, [n, groups, (channels / groups) * sizeOf(positions)]);
  const { values } = standardized(rows, [2], float(call, 'epsilon', 1e-5), true);
  // In opset 18 there was a scale for each group, since opset 21 there is one for each channel.
  const perScale = scale.size === groups ? [groups, 1] : [groups, channels / groups];
  const grouped = tf.reshape(values, [n, groups, channels / groups, sizeOf(positions)]);
  const aligned = (each: Tensor): Tensor => tf.reshape(each, [1, ...perScale, 1]);
  return tf.reshape(tf.add(tf.mul(grouped, aligned(scale)), aligned(bias)), x.shape);
}

function layerNormalization(call: Call, isCentered: boolean): (Value | null)[] {
  const x = operand(call, 0);
  const axis = axisOf(call, int(call, 'axis', -1), x.rank);
  return scaledNormalization(call, x, axis, { isCentered, scale: 1, bias: isCentered ? 2 : null, epsilon: 1e-5 });
}

/** Places of its inputs, and the default of its attribute. */
interface NormalizationForm {
  readonly isCentered: boolean;
  readonly scale: number;
  readonly bias: number | null;
  readonly epsilon: number;
}

function scaledNormalization(call: Call, x: Tensor, axis: number, form: NormalizationForm): (Value | null)[] {
  const { type } = given(call, 0);
  const { values, mean, inverse } = standardized(
    x,
    range(axis, x.rank),
    float(call, 'epsilon', form.epsilon),
    form.isCentered,
  );
  const scaled = tf.mul(values, operand(call, form.scale));
  const bias = form.bias === null ? null : optionalOperand(call, form.bias);
  const result = valueOf(type, bias === null ? scaled : tf.add(scaled, bias));
  const statistics = form.isCentered ? [mean, inverse] : [inverse];
  return [result, ...statistics.map((each) => valueOf('float32', each))];
}

/** A normalization of input + skip + bias; the sum is the fourth output. */
function skipNormalization(call: Call, isCentered: boolean): (Value | null)[] {
  const bias = optionalOperand(call, isCentered ? 4 : 3);
  const sum = tf.add(operand(call, 0), operand(call, 1));
  const x = bias === null ? sum : tf.add(sum, bias);
  const form = { isCentered, scale: 2, bias: isCentered ? 3 : null, epsilon: 1e-12 };
  const [result = null, first = null, second = null] = scaledNormalization(call, x, x.rank - 1, form);
  return [result, isCentered ? first : null, isCentered ? second : first, valueOf(given(call, 0).type, x)];
}

/** y = (x - mean) / (deviation + 1e-9) over any axes, the batch's among them by default. */
function meanVarianceNormalization(call: Call): Tensor {
  const x = operand(call, 0);
  const axes = [...(ints(call, 'axes') ?? [0, 2, 3])].map((axis) => axisOf(call, axis, x.rank));
  const centered = tf.sub(x, tf.mean(x, axes, true));
  const deviation = tf.sqrt(tf.mean(tf.square(centered), axes, true));
  return tf.div(centered, tf.add(deviation, 1e-9));
}

/** y = x / |x|_p along an axis; the zero vector stays what it is, and has gradient 0. */
function lpNormalization(call: Call): Tensor {
  const x = operand(call, 0);
  const axis = axisOf(call, int(call, 'axis', -1), x.rank);
  const size = norm(x, int(call, 'p', 2), (v) => tf.sum(v, axis, true));
  const isZero = tf.equal(size, 0);
  const divisor = tf.where(isZero, tf.onesLike(size), size);
  return tf.mul(tf.div(x, divisor), tf.sub(1, real(isZero)));
}

/** y = x (bias + alpha / size sum of x^2 over `size` neighbouring channels)^-beta */
function localResponseNormalization(call: Call): Tensor {
  const x = operand(call, 0);
  const size = int(call, 'size', 1);
  const [n = 0, channels = 1, ...positions] = x.shape;
  const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  const band = range(0, channels ** 2).map((i) => {
    const offset = (i % channels) - Math.floor(i / channels);
    return -before <= offset && offset <= after ? float(call, 'alpha', 1e-4) / size : 0;
  });
  const rows = tf.reshape(tf.square(x), [n, channels, sizeOf(positions)]);
  const energy = product(numbersIn('float32', [1, channels, channels], band), rows);
  const total = tf.add(tf.reshape(energy, x.shape), float(call, 'bias', 1));
  return tf.mul(x, tf.pow(total, -float(call, 'beta', 0.75)));
}
