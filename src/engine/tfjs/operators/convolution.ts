import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor3D, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { sizeOf } from '#base/tensor';
import {
  derived,
  fail,
  given,
  int,
  ints,
  operand,
  optionalOperand,
  text,
  type Call,
  type OperatorTable,
} from '../operator.js';
import { channelsLastOf, range, type Value } from '../value.js';
import { padded, take, unravel } from './selection.js';
import { part } from './shape.js';
import { extent, met, namedPadding, windowsOf, type Window } from './window.js';

/** Convolutions, with channels behind all positions: the layout that TensorFlow's kernels for processors take. */
export const convolutionOperators: OperatorTable = {
  Conv: (call) => convolution(call),
  ConvTranspose: (call) => transposedConvolution(call),
};

function convolution(call: Call): Value {
  const x = given(call, 0);
  return withBias(call, x, convolved(call, channelsLastOf(x), given(call, 1).tensor));
}

/** @param x [n, ...positions, channels], @param weights [outputs, channels / groups, ...kernel] */
export function convolved(call: Call, x: Tensor, weights: Tensor): Tensor {
  const groups = int(call, 'group', 1);
  const axes = windowsOf(call, x.shape.slice(1, -1), weights.shape.slice(2));
  const [outputs = 0, perGroup = 0] = weights.shape;
  if (x.shape.at(-1) !== perGroup * groups) fail(call, `takes ${perGroup * groups} channels of ${x.shape.at(-1) ?? 0}`);
  if (axes.length > 3) fail(call, `has ${axes.length} axes of positions`);
  const filters = derived(call, 1, 'filters', () => asFilters(weights));
  if (groups > 1 && perGroup === 1) return depthwise(x, filters, axes, outputs);
  const parts = cut(x, -1, groups).map((own, i) => {
    return dense(own, part(filters, filters.rank - 1, (i * outputs) / groups, outputs / groups), axes);
  });
  return parts.length === 1 ? (parts[0] ?? x) : tf.concat(parts, -1);
}

/** [outputs, channels, ...kernel] -> [...kernel, channels, outputs] */
function asFilters(weights: Tensor): Tensor {
  return tf.transpose(weights, [...range(2, weights.rank), 1, 0]);
}

function withBias(call: Call, x: Value, result: Tensor): Value {
  const bias = optionalOperand(call, 2);
  return { type: x.type, tensor: bias === null ? result : tf.add(result, bias), channelsLast: true };
}

function cut(x: Tensor, axis: number, count: number): Tensor[] {
  return count === 1 ? [x] : tf.split(x, count, axis);
}

function dense(x: Tensor, filters: Tensor, axes: readonly Window[]): Tensor {
  if (axes.some(({ dilation }) => dilation > 1))
    return byPlaces(x, axes, (met, place) => timesPlace(met, filters, axes, place));
  const padding = namedPadding(axes);
  const input = padding === null ? surrounded(x, axes) : x;
  const strides = axes.map(({ stride }) => stride);
  switch (axes.length) {
    case 1:
      return tf.conv1d(input as Tensor3D, filters as Tensor3D, strides[0] ?? 1, padding ?? 'valid');
    case 2:
      return tf.conv2d(input as Tensor4D, filters as Tensor4D, pair(strides), padding ?? 'valid');
    default:
      return tf.conv3d(input as Tensor5D, filters as Tensor5D, triple(strides), padding ?? 'valid');
  }
}

function depthwise(x: Tensor, filters: Tensor, axes: readonly Window[], outputs: number): Tensor {
  const channels = x.shape.at(-1) ?? 1;
  const multiplier = outputs / channels;
  const kernel = axes.map((window) => window.kernel);
  const perChannel = tf.reshape(filters, [...kernel, channels, multiplier]);
  const [first] = axes;
  const isEven = axes.every(({ stride, dilation }) => stride === first?.stride && dilation === 1);
  if (axes.length === 2 && isEven) {
    const padding = namedPadding(axes);
    const input = padding === null ? surrounded(x, axes) : x;
    return tf.depthwiseConv2d(input as Tensor4D, perChannel as Tensor4D, first?.stride ?? 1, padding ?? 'valid');
  }
  const flat = tf.reshape(perChannel, [sizeOf(kernel), channels, multiplier]);
  return byPlaces(x, axes, (own, place) => {
    const products = tf.mul(tf.expandDims(own, -1), tf.reshape(part(flat, 0, place, 1), [channels, multiplier]));
    return tf.reshape(products, [...own.shape.slice(0, -1), outputs]);
  });
}

/**
 * The sum over all places of the kernel of what each gives for the positions that it meets: where TensorFlow.js has no gradient
 * (of dilated kernels) or no kernel.
 */
function byPlaces(x: Tensor, axes: readonly Window[], apply: (met: Tensor, place: number) => Tensor): Tensor {
  const input = surrounded(x, axes);
  const kernel = axes.map((window) => window.kernel);
  const parts = range(0, sizeOf(kernel)).map((place) => {
    const own = unravel(place, kernel);
    return apply(
      axes.reduce((value, window, axis) => take(value, axis + 1, met(window, own[axis] ?? 0)), input),
      place,
    );
  });
  return parts.reduce((a, b) => tf.add(a, b));
}

function timesPlace(positions: Tensor, filters: Tensor, axes: readonly Window[], place: number): Tensor {
  const [channels = 1, outputs = 1] = filters.shape.slice(-2);
  const flat = tf.reshape(filters, [sizeOf(axes.map(({ kernel }) => kernel)), channels, outputs]);
  const matrix = tf.reshape(part(flat, 0, place, 1), [channels, outputs]);
  const rows = tf.reshape(positions, [positions.size / channels, channels]);
  return tf.reshape(tf.matMul(rows, matrix), [...positions.shape.slice(0, -1), outputs]);
}

/** With its padding around; the last windows may leave positions over. */
function surrounded(x: Tensor, axes: readonly Window[]): Tensor {
  return padded(x, [[0, 0], ...axes.map(({ padBegin, padEnd }) => [padBegin, padEnd] as const), [0, 0]], null);
}

function transposedConvolution(call: Call): Value {
  const x = given(call, 0);
  const input = channelsLastOf(x);
  const weights = operand(call, 1);
  const groups = int(call, 'group', 1);
  const axes = spreadAxes(call, input.shape.slice(1, -1), weights.shape.slice(2));
  if (axes.length > 3) fail(call, `has ${axes.length} axes of positions`);
  const kernels = cut(dilated(weights, axes), 0, groups);
  const parts = cut(input, -1, groups).map((own, i) => spreadOut(own, kernels[i] ?? weights, axes));
  const whole = parts.length === 1 ? (parts[0] ?? input) : tf.concat(parts, -1);
  const around = axes.map(({ before, after }) => [-before, -after] as const);
  return withBias(call, x, padded(whole, [[0, 0], ...around, [0, 0]], null));
}

/** One axis along which each position is spread over a kernel. */
interface SpreadAxis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly input: number;
  /** What is cut off from the ends of what was spread; negative where zeros are added. */
  readonly before: number;
  readonly after: number;
}

function spreadAxes(call: Call, sizes: readonly number[], kernel: readonly number[]): SpreadAxis[] {
  const [strides, dilations] = [ints(call, 'strides'), ints(call, 'dilations')];
  const [pads, more, shape] = [ints(call, 'pads'), ints(call, 'output_padding'), ints(call, 'output_shape')];
  const automatic = text(call, 'auto_pad', 'NOTSET');
  return kernel.map((size, axis) => {
    const own = {
      kernel: size,
      stride: strides?.[axis] ?? 1,
      dilation: dilations?.[axis] ?? 1,
      input: sizes[axis] ?? 0,
    };
    const extra = more?.[axis] ?? 0;
    const whole = (own.input - 1) * own.stride + extent(own);
    const isSame = automatic === 'SAME_UPPER' || automatic === 'SAME_LOWER';
    const wanted = shape?.at(axis - kernel.length) ?? (isSame ? own.input * own.stride : null);
    if (wanted === null) {
      const [begin, end] = automatic === 'VALID' ? [0, 0] : [pads?.[axis] ?? 0, pads?.[axis + kernel.length] ?? 0];
      return { ...own, before: begin, after: end - extra };
    }
    const total = Math.max(whole + extra - wanted, 0);
    const begin = automatic === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
    return { ...own, before: begin, after: whole - begin - wanted };
  });
}

/** Kernels with zeros between their places. */
function dilated(weights: Tensor, axes: readonly SpreadAxis[]): Tensor {
  return axes.reduce((value, { kernel, dilation }, i) => {
    if (dilation === 1) return value;
    const axis = i + 2;
    const withZero = padded(
      value,
      value.shape.map((_, each) => [0, each === axis ? 1 : 0] as const),
      null,
    );
    const places = range(0, extent({ kernel, dilation }));
    return take(
      withZero,
      axis,
      places.map((place) => (place % dilation === 0 ? place / dilation : kernel)),
    );
  }, weights);
}

/** @param weights [channels, outputs, ...kernel], their dilation inside */
function spreadOut(x: Tensor, weights: Tensor, axes: readonly SpreadAxis[]): Tensor {
  const [, outputs = 0, ...kernel] = weights.shape;
  if (axes.length === 3) return spreadVolume(x, weights, axes);
  const flat = axes.length === 1;
  const filters = tf.transpose(weights, [...range(2, weights.rank), 1, 0]);
  const sizes = axes.map(({ input, stride }, i) => (input - 1) * stride + (kernel[i] ?? 1));
  const result = tf.conv2dTranspose(
    (flat ? tf.expandDims(x, 1) : x) as Tensor4D,
    (flat ? tf.expandDims(filters, 0) : filters) as Tensor4D,
    [...x.shape.slice(0, 1), ...(flat ? [1] : []), ...sizes, outputs] as [number, number, number, number],
    pair(flat ? [1, axes[0]?.stride ?? 1] : axes.map(({ stride }) => stride)),
    'valid',
  );
  return flat ? tf.squeeze(result, [1]) : result;
}

/** TensorFlow.js has no gradient of it: a convolution of the positions with zeros between them, by the kernel turned round. */
function spreadVolume(x: Tensor, weights: Tensor, axes: readonly SpreadAxis[]): Tensor {
  const kernel = weights.shape.slice(2);
  const apart = axes.reduce((value, { stride, input }, i) => {
    if (stride === 1) return value;
    const axis = i + 1;
    const withZero = padded(
      value,
      value.shape.map((_, each) => [0, each === axis ? 1 : 0] as const),
      null,
    );
    const positions = range(0, (input - 1) * stride + 1);
    return take(
      withZero,
      axis,
      positions.map((position) => (position % stride === 0 ? position / stride : input)),
    );
  }, x);
  const around = kernel.map((size) => [size - 1, size - 1] as const);
  const filters = tf.transpose(tf.reverse(weights, range(2, weights.rank)), [...range(2, weights.rank), 0, 1]);
  return tf.conv3d(padded(apart, [[0, 0], ...around, [0, 0]], null) as Tensor5D, filters as Tensor5D, 1, 'valid');
}

function pair([a = 1, b = 1]: readonly number[]): [number, number] {
  return [a, b];
}

function triple([a = 1, b = 1, c = 1]: readonly number[]): [number, number, number] {
  return [a, b, c];
}
