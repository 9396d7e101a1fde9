import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { elementTypeOf } from '../../onnx/graph/element-type.js';
import type { ElementType } from '../../onnx/graph/ir.js';
import {
  axisOf,
  fail,
  given,
  int,
  operand,
  optional,
  optionalOperand,
  type Call,
  type OperatorTable,
} from '../operator.js';
import { channelsLastOf, numbersIn, numbersOf, range, real, valueOf, type Value } from '../value.js';
import { convolved } from './convolution.js';
import { both, reduceTo, withGradient } from './custom.js';
import { product } from './matrix.js';
import { take } from './selection.js';

/** Quantizers, and products of integers. Rounding is taken for the identity: the straight-through estimator. */
export const quantizationOperators: OperatorTable = {
  QuantizeLinear: (call) => quantize(call),
  DequantizeLinear: (call) => dequantize(call),
  'com.microsoft.QuantizeLinear': (call) => quantize(call),
  'com.microsoft.DequantizeLinear': (call) => dequantize(call),
  DynamicQuantizeLinear: (call) => quantizeDynamically(call),
  MatMulInteger: (call) => integerProduct(call),
  ConvInteger: (call) => integerConvolution(call),
};

const RANGES: Partial<Record<ElementType, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

/** q = clip(round(x / s) + z) */
function quantize(call: Call): Value {
  const x = operand(call, 0);
  const zeroPoint = optional(call, 2);
  const type = zeroPoint?.type ?? elementTypeOf(int(call, 'output_dtype', UINT8));
  const bounds = RANGES[type] ?? fail(call, `quantizes to ${type === 'other' ? 'a rare type' : type}`);
  const scale = spread(call, real(operand(call, 1)), x);
  const zeros = zeroPoint === null ? tf.scalar(0) : spread(call, real(operand(call, 2)), x);
  return valueOf(type, rounded(real(x), scale, zeros, bounds));
}

const UINT8 = 2;

/** The gradient by x is 1 / s where q was not clipped; the one by s that of learned step sizes (Esser et al. 2020). */
function rounded(x: Tensor, scale: Tensor, zeros: Tensor, [least, most]: readonly [number, number]): Tensor {
  const steps = (v: Tensor, s: Tensor, z: Tensor): Tensor => tf.add(tf.round(tf.div(v, s)), z);
  return withGradient(
    [x, scale, zeros],
    (v = x, s = scale, z = zeros) => tf.clipByValue(steps(v, s, z), least, most),
    (dy, [v = x, s = scale, z = zeros]) => {
      const raw = steps(v, s, z);
      const inside = real(both(tf.greaterEqual(raw, least), tf.lessEqual(raw, most)));
      const through = tf.div(tf.mul(dy, inside), s);
      const byScale = tf.neg(tf.div(tf.mul(through, v), s));
      return [through, reduceTo(byScale, s.shape), tf.zerosLike(z)];
    },
  );
}

/** y = (q - z) s */
function dequantize(call: Call): Value {
  const integers = real(operand(call, 0));
  const scale = given(call, 1);
  const zeros = optionalOperand(call, 2);
  const centered = zeros === null ? integers : tf.sub(integers, spread(call, real(zeros), integers));
  return valueOf(scale.type, tf.mul(centered, spread(call, operand(call, 1), integers)));
}

/** One scale for all, one a position of an axis, or one a block of an axis, in the shape in which it is broadcast to x. */
function spread(call: Call, scale: Tensor, x: Tensor): Tensor {
  if (scale.size === 1) return tf.reshape(scale, []);
  const axis = axisOf(call, int(call, 'axis', 1), x.rank);
  if (scale.rank === 1) return tf.reshape(scale, [scale.size, ...range(axis + 1, x.rank).map(() => 1)]);
  const block = int(call, 'block_size', 0);
  if (block < 1) fail(call, 'has blocks without a size');
  return take(
    scale,
    axis,
    range(0, x.shape[axis] ?? 0).map((position) => Math.floor(position / block)),
  );
}

/** By a scale that holds all values, which is taken for a constant. */
function quantizeDynamically(call: Call): Value[] {
  const x = operand(call, 0);
  const [least = 0, most = 0] = [...numbersOf(tf.min(x)), ...numbersOf(tf.max(x))];
  const [low, high] = [Math.min(least, 0), Math.max(most, 0)];
  const width = Math.fround(Math.fround(high - low) / 255);
  const scale = width === 0 ? 1 : width;
  const zero = Math.min(Math.max(halfToEven(Math.fround(-low / scale)), 0), 255);
  const number = (value: number): Tensor => numbersIn('float32', [], [value]);
  // The range is open: what the scale is made of is not clipped.
  const quantized = rounded(x, number(scale), number(zero), [-Infinity, Infinity]);
  return [
    valueOf('uint8', clippedForward(quantized)),
    valueOf('float32', number(scale)),
    valueOf('uint8', number(zero)),
  ];
}

/** Values at the ends may be rounded out of the range; their gradient passes all the same. */
function clippedForward(x: Tensor): Tensor {
  return withGradient(
    [x],
    (v = x) => tf.clipByValue(v, 0, 255),
    (dy) => [dy],
  );
}

function halfToEven(value: number): number {
  const whole = Math.round(value);
  return Math.abs(value % 1) === 0.5 && whole % 2 !== 0 ? whole - 1 : whole;
}

/** Sums of products of integers are exact in float32 up to 2^24. */
function integerProduct(call: Call): Value {
  const left = centered(call, 0, 2, (zeros, x) => (zeros.rank === 1 && x.rank > 1 ? tf.expandDims(zeros, -1) : zeros));
  const right = centered(call, 1, 3, (zeros) => zeros);
  return valueOf('int32', tf.cast(product(left, right), 'int32'));
}

function centered(call: Call, index: number, zeroPoint: number, align: (zeros: Tensor, x: Tensor) => Tensor): Tensor {
  const x = real(operand(call, index));
  const zeros = optionalOperand(call, zeroPoint);
  return zeros === null ? x : tf.sub(x, align(real(zeros), x));
}

function integerConvolution(call: Call): Value {
  const x = centered(call, 0, 2, (zeros) => zeros);
  const weights = centered(call, 1, 3, (zeros, w) =>
    zeros.rank === 0 ? zeros : tf.reshape(zeros, [zeros.size, ...range(1, w.rank).map(() => 1)]),
  );
  const alone = { ...call, remember: (_name: string, _what: string, make: () => Tensor) => make() };
  const result = convolved(alone, channelsLastOf(valueOf('float32', x)), weights);
  return { type: 'int32', tensor: tf.cast(result, 'int32'), channelsLast: true };
}
