import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '#base/tensor';
import { argument, axisOf, fail, float, int, ints, operand, text, type Call, type OperatorTable } from '../operator.js';
import { numbersIn, range } from '../value.js';
import { take } from './selection.js';

/** Resize, one axis after the other: each is a product with a matrix of weights, made on the host. */
export const resizeOperators: OperatorTable = { Resize: (call) => resize(call) };

interface ResizedAxis {
  readonly axis: number;
  readonly input: number;
  readonly output: number;
  readonly scale: number;
  /** Of the region that is cut out, as shares of the axis. */
  readonly start: number;
  readonly end: number;
}

function resize(call: Call): Tensor {
  const x = operand(call, 0);
  const axes = axesOf(call, x);
  const isNearest = text(call, 'mode', 'nearest') === 'nearest';
  const isCrop = coordinates(call) === 'tf_crop_and_resize';
  const resized = axes.filter((axis) => axis.input !== axis.output || axis.scale !== 1 || isCrop);
  const result = resized.reduce(
    (value, axis) => (isNearest ? nearest(call, value, axis) : weighted(call, value, axis)),
    tf.clone(x),
  );
  return isCrop ? extrapolated(call, result, resized) : result;
}

function axesOf(call: Call, x: Tensor): ResizedAxis[] {
  const named = ints(call, 'axes') ?? range(0, x.rank);
  const region = argument(call, 1);
  const scales = argument(call, 2);
  const sizes = argument(call, 3);
  const inputs = named.map((axis) => x.shape[axisOf(call, axis, x.rank)] ?? 1);
  const given = scales === null || scales.length === 0 ? bySizes(call, inputs, sizes ?? []) : byScales(inputs, scales);
  return named.map((axis, i) => ({
    axis: axisOf(call, axis, x.rank),
    input: inputs[i] ?? 1,
    output: given[i]?.output ?? 1,
    scale: given[i]?.scale ?? 1,
    start: region?.[i] ?? 0,
    end: region?.[i + named.length] ?? 1,
  }));
}

function byScales(inputs: readonly number[], scales: readonly number[]): { output: number; scale: number }[] {
  return inputs.map((input, i) => ({
    output: Math.floor(Math.fround(input * (scales[i] ?? 1))),
    scale: scales[i] ?? 1,
  }));
}

function bySizes(call: Call, inputs: readonly number[], sizes: readonly number[]): { output: number; scale: number }[] {
  const ratios = inputs.map((input, i) => (sizes[i] ?? input) / input);
  const policy = text(call, 'keep_aspect_ratio_policy', 'stretch');
  if (policy === 'stretch') return inputs.map((_, i) => ({ output: sizes[i] ?? 1, scale: ratios[i] ?? 1 }));
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return inputs.map((input) => ({ output: Math.floor(input * scale + 0.5), scale }));
}

function coordinates(call: Call): string {
  return text(call, 'coordinate_transformation_mode', 'half_pixel');
}

/** Where in the input a position of the output lies. */
function origin(call: Call, { input, output, scale, start, end }: ResizedAxis, position: number): number {
  const center = (position + 0.5) / scale - 0.5;
  switch (coordinates(call)) {
    case 'half_pixel':
      return center;
    case 'half_pixel_symmetric':
      return (input / 2) * (1 - output / (input * scale)) + center;
    case 'pytorch_half_pixel':
      return output > 1 ? center : 0;
    case 'align_corners':
      return output === 1 ? 0 : (position * (input - 1)) / (output - 1);
    case 'asymmetric':
      return position / scale;
    case 'tf_crop_and_resize':
      if (output === 1) return 0.5 * (start + end) * (input - 1);
      return start * (input - 1) + (position * (end - start) * (input - 1)) / (output - 1);
    default:
      return fail(call, `has the coordinates \`${coordinates(call)}\``);
  }
}

function nearest(call: Call, x: Tensor, axis: ResizedAxis): Tensor {
  const positions = range(0, axis.output).map((position) => {
    return within(rounded(call, steady(origin(call, axis, position))), axis.input);
  });
  return take(x, axis.axis, positions);
}

/** Scales are float32: what their rounding makes of a half or a whole number stays one. */
function steady(position: number): number {
  const halves = Math.round(position * 2) / 2;
  return Math.abs(position - halves) < 1e-5 ? halves : position;
}

function rounded(call: Call, position: number): number {
  switch (text(call, 'nearest_mode', 'round_prefer_floor')) {
    case 'round_prefer_floor':
      return Math.ceil(position - 0.5);
    case 'round_prefer_ceil':
      return Math.floor(position + 0.5);
    case 'floor':
      return Math.floor(position);
    default:
      return Math.ceil(position);
  }
}

function within(position: number, size: number): number {
  return Math.min(Math.max(position, 0), size - 1);
}

function weighted(call: Call, x: Tensor, axis: ResizedAxis): Tensor {
  const { input, output } = axis;
  const matrix = new Float32Array(input * output);
  for (let position = 0; position < output; position++) {
    for (const [pixel, weight] of weightsAt(call, axis, position)) {
      const place = pixel * output + position;
      matrix[place] = (matrix[place] ?? 0) + weight;
    }
  }
  const [before, behind] = [sizeOf(x.shape.slice(0, axis.axis)), sizeOf(x.shape.slice(axis.axis + 1))];
  const last = tf.reshape(tf.transpose(tf.reshape(x, [before, input, behind]), [0, 2, 1]), [before * behind, input]);
  const mixed = tf.matMul(last, tf.tensor2d(matrix, [input, output]));
  const back = tf.transpose(tf.reshape(mixed, [before, behind, output]), [0, 2, 1]);
  return tf.reshape(back, x.shape.with(axis.axis, output));
}

/** The pixels that a position is mixed from, with their weights. */
function weightsAt(call: Call, axis: ResizedAxis, position: number): (readonly [number, number])[] {
  const { input, scale } = axis;
  const at = origin(call, axis, position);
  const isCubic = text(call, 'mode', 'nearest') === 'cubic';
  const coefficient = float(call, 'cubic_coeff_a', -0.75);
  const kernel = isCubic ? (t: number): number => cubic(t, coefficient) : linear;
  const isSmoothed = int(call, 'antialias', 0) === 1 && scale < 1;
  const squeeze = isSmoothed ? scale : 1;
  const reach = (isCubic ? 2 : 1) / squeeze;
  const first = Math.floor(at - reach) + 1;
  const raw = range(first, Math.ceil(at + reach)).map((pixel) => [pixel, kernel((pixel - at) * squeeze)] as const);
  const excludes = isSmoothed || (isCubic && int(call, 'exclude_outside', 0) === 1);
  const kept = raw.filter(([pixel]) => !excludes || (pixel >= 0 && pixel < input));
  const sum = excludes ? kept.reduce((total, [, weight]) => total + weight, 0) : 1;
  return kept.map(([pixel, weight]) => [within(pixel, input), weight / sum] as const);
}

function linear(t: number): number {
  return Math.max(1 - Math.abs(t), 0);
}

/** Keys' cubic convolution (1981). */
function cubic(t: number, a: number): number {
  const d = Math.abs(t);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/** Outside of the input a region has one value. */
function extrapolated(call: Call, x: Tensor, axes: readonly ResizedAxis[]): Tensor {
  const masks = axes.map((axis) => {
    const inside = range(0, axis.output).map((position) => {
      const at = origin(call, axis, position);
      return at >= 0 && at <= axis.input - 1 ? 1 : 0;
    });
    return numbersIn('float32', [axis.output, ...range(axis.axis + 1, x.rank).map(() => 1)], inside);
  });
  const inside = masks.reduce((a, b) => tf.mul(a, b), tf.scalar(1));
  const value = float(call, 'extrapolation_value', 0);
  return tf.add(tf.mul(x, inside), tf.mul(tf.sub(1, inside), value));
}
