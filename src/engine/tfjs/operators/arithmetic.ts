import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { fail, given, int, type Call, type OperatorTable } from '../operator.js';
import { dtypeOf, isReal, real } from '../value.js';
import { masked, reduceTo, sloped, withGradient } from './custom.js';
import { binary, broadcast, unary } from './pointwise.js';

/** Arithmetic on elements. */
export const arithmeticOperators: OperatorTable = {
  Add: binary((a, b) => tf.add(a, b)),
  Sub: binary((a, b) => tf.sub(a, b)),
  Mul: binary((a, b) => tf.mul(a, b)),
  Div: binary((a, b, call) => (isReal(given(call, 0).type) ? tf.div(a, b) : wholeQuotient(a, b))),
  Mod: binary((a, b, call) => remainder(a, b, int(call, 'fmod', 0) === 1)),
  Pow: binary((a, b, call) => power(a, b, call)),
  Sum: broadcast((operands) => operands.reduce((a, b) => tf.add(a, b))),
  Mean: broadcast((operands) =>
    tf.div(
      operands.reduce((a, b) => tf.add(a, b)),
      operands.length,
    ),
  ),
  Max: broadcast((operands) => operands.reduce(larger)),
  Min: broadcast((operands) => operands.reduce(smaller)),
  Neg: unary((x) => tf.neg(x)),
  Abs: unary((x) => absolute(x)),
  Reciprocal: unary((x) => tf.reciprocal(x)),
  Sqrt: unary((x) => tf.sqrt(x)),
  Exp: unary((x) => tf.exp(x)),
  Log: unary((x) => tf.log(x)),
  Floor: unary((x) => tf.floor(x)),
  Ceil: unary((x) => tf.ceil(x)),
  // Halves go to even numbers in both.
  Round: unary((x) => tf.round(x)),
  Sign: unary((x) => tf.sign(x)),
  Clip: (call) => clip(call),
  PRelu: binary((x, slope) => parametricRelu(x, slope)),
};

/** |x|, whose gradient at 0 is 0 as in PyTorch; TensorFlow.js has -1. */
export function absolute(x: Tensor): Tensor {
  return x.dtype === 'float32'
    ? sloped(
        x,
        (v) => tf.abs(v),
        (v) => tf.sign(v),
      )
    : tf.abs(x);
}

/** Of equals the first has the gradient. TensorFlow.js does not sum the gradient of an operand that is broadcast. */
export function larger(a: Tensor, b: Tensor): Tensor {
  return extreme(a, b, tf.maximum, tf.greaterEqual);
}

export function smaller(a: Tensor, b: Tensor): Tensor {
  return extreme(a, b, tf.minimum, tf.lessEqual);
}

function extreme(a: Tensor, b: Tensor, value: typeof tf.maximum, wins: typeof tf.greaterEqual): Tensor {
  if (a.dtype !== 'float32') return value(a, b);
  return withGradient(
    [a, b],
    (x = a, y = b) => value(x, y),
    (dy, [x = a, y = b]) => {
      const byFirst = masked(dy, wins(x, y));
      return [reduceTo(byFirst, x.shape), reduceTo(tf.sub(dy, byFirst), y.shape)];
    },
  );
}

/** Towards zero, as integers are divided. */
function wholeQuotient(a: Tensor, b: Tensor): Tensor {
  const exact = tf.floorDiv(tf.abs(a), tf.abs(b));
  return tf.mul(exact, tf.cast(tf.mul(tf.sign(a), tf.sign(b)), exact.dtype));
}

/** y = a - q b with a whole number q; da = g, db = -q g. The sign is that of `b`, or with `fmod` that of `a`. */
function remainder(a: Tensor, b: Tensor, isTruncated: boolean): Tensor {
  const value = (x: Tensor, y: Tensor): Tensor => {
    if (!isTruncated) return tf.mod(x, y);
    return tf.mul(tf.cast(tf.sign(x), x.dtype), tf.mod(tf.abs(x), tf.abs(y)));
  };
  if (a.dtype !== 'float32') return value(a, b);
  return withGradient(
    [a, b],
    (x = a, y = b) => value(x, y),
    (dy, [x = a, divisor = b], y) => {
      const minusQuotient = tf.round(tf.div(tf.sub(y, x), divisor));
      return [reduceTo(dy, x.shape), reduceTo(tf.mul(dy, minusQuotient), divisor.shape)];
    },
  );
}

/**
 * y = a^b; dy/da = b a^(b - 1), and 0 where b = 0; dy/db = y ln a, and 0 where a = 0. TensorFlow.js has no number at a = b = 0, and no
 * gradient by b where a is negative.
 */
function power(a: Tensor, b: Tensor, call: Call): Tensor {
  if (!isReal(given(call, 0).type)) return tf.cast(tf.pow(a, tf.cast(b, a.dtype)), a.dtype);
  const exponent = real(b);
  return withGradient(
    [a, exponent],
    (base = a, by = exponent) => rawPower(base, by),
    (dy, [base = a, by = exponent], y) => {
      const lowered = tf.sub(by, real(tf.notEqual(by, 0)));
      const slope = tf.mul(by, rawPower(base, lowered));
      const logarithm = tf.log(tf.add(base, real(tf.equal(base, 0))));
      return [reduceTo(tf.mul(dy, slope), base.shape), reduceTo(tf.mul(dy, tf.mul(y, logarithm)), by.shape)];
    },
  );
}

function rawPower(base: Tensor, exponent: Tensor): Tensor {
  return tf.pow(base, exponent);
}

/** y = min(max(x, low), high): at a bound the gradient goes to x, behind it to the bound. */
function clip(call: Call): ReturnType<OperatorTable[string]> {
  const input = given(call, 0);
  const low = call.inputs[1]?.tensor ?? null;
  const high = call.inputs[2]?.tensor ?? null;
  const raised = low === null ? input.tensor : larger(input.tensor, low);
  // Of equals the first takes the gradient of a maximum and of a minimum.
  return { ...input, tensor: high === null ? raised : smaller(raised, high) };
}

/** y = x for x > 0, slope x elsewhere; the subgradients at 0 are slope and 0. */
function parametricRelu(x: Tensor, slope: Tensor): Tensor {
  return withGradient(
    [x, slope],
    (v = x, s = slope) => tf.where(tf.greater(v, 0), v, tf.mul(v, s)),
    (dy, [v = x, s = slope]) => {
      const above = masked(dy, tf.greater(v, 0));
      const below = tf.sub(dy, above);
      return [tf.add(above, tf.mul(below, s)), reduceTo(tf.mul(below, v), s.shape)];
    },
  );
}

/** A value in another type, as a cast to it makes it. */
export function castTo(call: Call, type: ReturnType<typeof given>['type']): ReturnType<OperatorTable[string]> {
  const input = given(call, 0);
  if (type === 'string' || type === 'other') fail(call, `gives ${type === 'string' ? 'strings' : 'a rare type'}`);
  return { ...input, type, tensor: converted(input.tensor, input.type, type) };
}

function converted(
  tensor: Tensor,
  from: ReturnType<typeof given>['type'],
  to: ReturnType<typeof given>['type'],
): Tensor {
  const dtype = dtypeOf(to);
  // TensorFlow.js takes a number for true where its whole part is not 0.
  if (to === 'bool') return tensor.dtype === 'bool' ? tensor : tf.notEqual(tensor, tf.scalar(0, tensor.dtype));
  if (!isReal(from) || isReal(to)) return tensor.dtype === dtype ? tensor : tf.cast(tensor, dtype);
  const whole = tf.mul(tf.sign(tensor), tf.floor(tf.abs(tensor)));
  return tf.cast(whole, dtype);
}
