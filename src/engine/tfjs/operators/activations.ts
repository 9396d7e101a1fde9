import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { float, optionalOperand, text, type Call, type Operator, type OperatorTable } from '../operator.js';
import { real } from '../value.js';
import { absolute } from './arithmetic.js';
import { both, masked, sloped } from './custom.js';
import { unary } from './pointwise.js';

/** Functions of one real number. */
export const activationOperators: OperatorTable = {
  Relu: unary((x) => tf.relu(x)),
  Sigmoid: unary((x) => tf.sigmoid(x)),
  Tanh: unary((x) => tf.tanh(x)),
  Sin: unary((x) => tf.sin(x)),
  Cos: unary((x) => tf.cos(x)),
  Tan: unary((x) => tangent(x)),
  Asin: unary((x) => sloped(x, (v) => tf.asin(v), arcSlope)),
  Acos: unary((x) =>
    sloped(
      x,
      (v) => tf.acos(v),
      (v) => tf.neg(arcSlope(v)),
    ),
  ),
  Atan: unary((x) => tf.atan(x)),
  Sinh: unary((x) => tf.sinh(x)),
  Cosh: unary((x) => tf.cosh(x)),
  Asinh: unary((x) => areaSine(x)),
  Acosh: unary((x) => areaCosine(x)),
  Atanh: unary((x) => areaTangent(x)),
  Erf: unary((x) => errorFunction(x)),
  Elu: unary((x, call) => exponentialUnit(x, float(call, 'alpha', 1), 1)),
  Selu: unary((x, call) => exponentialUnit(x, float(call, 'alpha', SELU_ALPHA), float(call, 'gamma', SELU_GAMMA))),
  Celu: unary((x, call) => continuousUnit(x, float(call, 'alpha', 1))),
  Softplus: unary((x) => softplus(x)),
  Softsign: unary((x) => tf.div(x, tf.add(absolute(x), 1))),
  Mish: unary((x) => tf.mul(x, tf.tanh(softplus(x)))),
  LeakyRelu: unary((x, call) => leaky(x, float(call, 'alpha', 0.01))),
  HardSigmoid: unary((x, call) => hardSigmoid(x, float(call, 'alpha', 0.2), float(call, 'beta', 0.5))),
  HardSwish: unary((x) => tf.mul(x, hardSigmoid(x, 1 / 6, 0.5))),
  ThresholdedRelu: unary((x, call) => masked(x, tf.greater(x, float(call, 'alpha', 1)))),
  Shrink: unary((x, call) => shrink(x, float(call, 'lambd', 0.5), float(call, 'bias', 0))),
  Gelu: unary((x, call) => (text(call, 'approximate', 'none') === 'tanh' ? fastGelu(x) : gelu(x))),
  Swish: unary((x, call) => swish(x, float(call, 'alpha', 1))),
  'com.microsoft.Gelu': biased((x) => gelu(x)),
  'com.microsoft.BiasGelu': biased((x) => gelu(x)),
  'com.microsoft.FastGelu': biased((x) => fastGelu(x)),
  'com.microsoft.QuickGelu': unary((x, call) => swish(x, float(call, 'alpha', 1.702))),
};

const SELU_ALPHA = 1.6732632423543772;
const SELU_GAMMA = 1.0507009873554805;

/** Beyond it tanh(ln(1 + e^x)) is 1, and ln(1 + e^x) is x, in every digit. */
export function softplus(x: Tensor): Tensor {
  return sloped(
    x,
    (v) => tf.add(tf.relu(v), tf.log1p(tf.exp(tf.neg(tf.abs(v))))),
    (v) => tf.sigmoid(v),
  );
}

/** 1 / sqrt(1 - x^2) = 1 / sqrt((1 - x) (1 + x)), which keeps its digits near the ends. */
function arcSlope(x: Tensor): Tensor {
  return tf.rsqrt(tf.mul(tf.sub(1, x), tf.add(1, x)));
}

/** 1 + tan^2 keeps its digits where the cosine is small. */
function tangent(x: Tensor): Tensor {
  return sloped(
    x,
    (v) => tf.tan(v),
    (_, y) => tf.add(tf.square(y), 1),
  );
}

/** sign(x) ln(|x| + sqrt(x^2 + 1)); 1 / sqrt(x^2 + 1), without squares that overflow. */
function areaSine(x: Tensor): Tensor {
  return sloped(
    x,
    (v) => tf.asinh(v),
    (v) => reciprocalRoot(v, 1),
  );
}

/** 1 / sqrt(x^2 - 1) = 1 / (sqrt(x - 1) sqrt(x + 1)) */
function areaCosine(x: Tensor): Tensor {
  return sloped(
    x,
    (v) => tf.acosh(v),
    (v) => tf.reciprocal(tf.mul(tf.sqrt(tf.sub(v, 1)), tf.sqrt(tf.add(v, 1)))),
  );
}

/** 1 / (1 - x^2) = 1 / ((1 - x) (1 + x)) */
function areaTangent(x: Tensor): Tensor {
  return sloped(
    x,
    (v) => tf.atanh(v),
    (v) => tf.reciprocal(tf.mul(tf.sub(1, v), tf.add(1, v))),
  );
}

/** 1 / sqrt(x^2 + c) */
function reciprocalRoot(x: Tensor, c: number): Tensor {
  const size = tf.maximum(tf.abs(x), 1);
  const scaled = tf.div(x, size);
  return tf.div(tf.rsqrt(tf.add(tf.square(scaled), tf.div(c, tf.square(size)))), size);
}

function errorFunction(x: Tensor): Tensor {
  return sloped(
    x,
    (v) => tf.erf(v),
    (v) => gaussian(v, 2 / Math.sqrt(Math.PI)),
  );
}

/** factor e^(-x^2) */
function gaussian(x: Tensor, factor: number): Tensor {
  return tf.mul(tf.exp(tf.neg(tf.square(x))), factor);
}

/** gamma x for x > 0, gamma alpha (e^x - 1) elsewhere; the subgradient at 0 is gamma alpha. */
function exponentialUnit(x: Tensor, alpha: number, gamma: number): Tensor {
  return sloped(
    x,
    (v) => tf.where(tf.greater(v, 0), tf.mul(v, gamma), tf.mul(tf.expm1(tf.minimum(v, 0)), gamma * alpha)),
    (v) => tf.where(tf.greater(v, 0), tf.fill(v.shape, gamma), tf.mul(tf.exp(tf.minimum(v, 0)), gamma * alpha)),
  );
}

/** max(x, 0) + min(alpha (e^(x / alpha) - 1), 0) */
function continuousUnit(x: Tensor, alpha: number): Tensor {
  return sloped(
    x,
    (v) => tf.where(tf.greater(v, 0), v, tf.mul(tf.expm1(tf.div(tf.minimum(v, 0), alpha)), alpha)),
    (v) => tf.exp(tf.div(tf.minimum(v, 0), alpha)),
  );
}

/** x for x > 0, alpha x elsewhere; the subgradient at 0 is alpha. */
export function leaky(x: Tensor, alpha: number): Tensor {
  return sloped(
    x,
    (v) => tf.where(tf.greater(v, 0), v, tf.mul(v, alpha)),
    (v) => tf.where(tf.greater(v, 0), tf.onesLike(v), tf.fill(v.shape, alpha)),
  );
}

/** min(max(alpha x + beta, 0), 1); the subgradient at both ends is 0. */
export function hardSigmoid(x: Tensor, alpha: number, beta: number): Tensor {
  return sloped(
    x,
    (v) => tf.clipByValue(tf.add(tf.mul(v, alpha), beta), 0, 1),
    (_, y) => tf.mul(real(both(tf.greater(y, 0), tf.less(y, 1))), alpha),
  );
}

/** x + bias for x < -lambd, else x - bias for x > lambd, 0 elsewhere */
function shrink(x: Tensor, lambd: number, bias: number): Tensor {
  const above = masked(tf.sub(x, bias), tf.greater(x, lambd));
  return tf.where(tf.less(x, -lambd), tf.add(x, bias), above);
}

/** x Phi(x) (Hendrycks & Gimpel 2016); Phi(x) + x phi(x) */
function gelu(x: Tensor): Tensor {
  return tf.mul(x, tf.add(tf.mul(errorFunction(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5));
}

/** x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 */
function fastGelu(x: Tensor): Tensor {
  // Beyond 10 the tangent is -1 or 1 in every digit, and the cube of a large number would be none.
  const v = tf.clipByValue(x, -10, 10);
  const inner = tf.mul(tf.add(v, tf.mul(tf.mul(tf.square(v), v), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(x, tf.add(tf.mul(tf.tanh(inner), 0.5), 0.5));
}

/** x / (1 + e^(-alpha x)) */
function swish(x: Tensor, alpha: number): Tensor {
  return tf.mul(x, tf.sigmoid(tf.mul(x, alpha)));
}

/** With a bias that is added first, where there is one. */
function biased(apply: (x: Tensor) => Tensor): Operator {
  return (call: Call) => {
    const [input] = call.inputs;
    const bias = optionalOperand(call, 1);
    const x = optionalOperand({ ...call, inputs: [input ?? null] }, 0);
    if (x === null) return [];
    return apply(bias === null ? x : tf.add(x, bias));
  };
}
