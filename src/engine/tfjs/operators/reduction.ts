import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '#base/tensor';
import { argument, axisOf, given, int, operand, type Call, type Operator, type OperatorTable } from '../operator.js';
import { held, range, real } from '../value.js';
import { absolute } from './arithmetic.js';
import { withGradient } from './custom.js';

/** Reductions over axes, and running sums. */
export const reductionOperators: OperatorTable = {
  ReduceSum: reduction((x, axes) => tf.sum(x, axes, true)),
  ReduceMean: reduction((x, axes) => tf.mean(x, axes, true)),
  ReduceMax: reduction((x, axes) => extremum(x, axes, (v) => tf.max(v, axes, true))),
  ReduceMin: reduction((x, axes) => extremum(x, axes, (v) => tf.min(v, axes, true))),
  ReduceProd: reduction(products),
  ReduceL1: reduction((x, axes) => tf.sum(absolute(x), axes, true)),
  ReduceL2: reduction((x, axes) => norm(x, 2, (v) => tf.sum(v, axes, true))),
  ReduceLogSum: reduction((x, axes) => tf.log(tf.sum(x, axes, true))),
  ReduceLogSumExp: reduction(logSumExp),
  ReduceSumSquare: reduction((x, axes) => tf.sum(tf.square(x), axes, true)),
  CumSum: (call) => cumulativeSum(call),
};

/** @param apply reduces over axes and keeps them */
function reduction(apply: (x: Tensor, axes: number[]) => Tensor): Operator {
  return (call) => {
    const x = operand(call, 0);
    const named = argument(call, 1) ?? [];
    const isNothing = named.length === 0 && int(call, 'noop_with_empty_axes', 0) === 1;
    const axes = named.length === 0 ? range(0, x.rank) : named.map((axis) => axisOf(call, axis, x.rank));
    const keeps = int(call, 'keepdims', 1) === 1;
    const own = isNothing ? [] : axes;
    const reduced = reducedOver(call, x, own, apply);
    return keeps || isNothing ? reduced : dropped(reduced, own);
  };
}

/** Over no axes each element is reduced by itself, as over an axis of size one. */
function reducedOver(
  call: Call,
  x: Tensor,
  axes: readonly number[],
  apply: (x: Tensor, axes: number[]) => Tensor,
): Tensor {
  const { dtype } = given(call, 0).tensor;
  const values = real(x);
  if (axes.length > 0) return held(apply(values, [...axes]), dtype);
  const single = apply(tf.reshape(values, [...x.shape, 1]), [x.rank]);
  return held(tf.reshape(single, x.shape), dtype);
}

function dropped(x: Tensor, axes: readonly number[]): Tensor {
  return tf.reshape(
    x,
    x.shape.filter((_, axis) => !axes.includes(axis)),
  );
}

/** Elements that are equal share the gradient evenly, as in PyTorch's `amax`; TensorFlow.js gives all of it to each. */
function extremum(x: Tensor, axes: number[], find: (x: Tensor) => Tensor): Tensor {
  return withGradient(
    [x],
    (v = x) => find(v),
    (dy, [v = x], y) => {
      const hit = real(tf.equal(v, y));
      return [tf.mul(tf.div(hit, tf.sum(hit, axes, true)), dy)];
    },
  );
}

/** The gradient of each factor is the product of the others, zeros among them. */
function products(x: Tensor, axes: number[]): Tensor {
  const rest = range(0, x.rank).filter((axis) => !axes.includes(axis));
  const kept = rest.map((axis) => x.shape[axis] ?? 1);
  const rows = tf.reshape(tf.transpose(x, [...rest, ...axes]), [
    sizeOf(kept),
    sizeOf(axes.map((axis) => x.shape[axis] ?? 1)),
  ]);
  const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  if (x.size === 0) return tf.ones(shape);
  return tf.reshape(rowProducts(rows), shape);
}

function rowProducts(rows: Tensor): Tensor {
  return withGradient(
    [rows],
    (v = rows) => tf.prod(v, 1, true),
    (dy, [v = rows]) => [tf.mul(dy, tf.mul(running(v, false), running(v, true)))],
  );
}

/** The product of the elements in front of each, or behind it. */
function running(rows: Tensor, isBehind: boolean): Tensor {
  return tf.cumprod(rows, 1, true, isBehind);
}

/** y = (sum |x|^p)^(1 / p); where it is 0 so is its gradient, as in PyTorch. */
export function norm(x: Tensor, p: number, sum: (x: Tensor) => Tensor): Tensor {
  if (p === 1) return sum(absolute(x));
  const powers = sum(p === 2 ? tf.square(x) : powerOf(x, p));
  return withGradient(
    [powers],
    (v = powers) => (p === 2 ? tf.sqrt(v) : tf.pow(v, 1 / p)),
    (dy, [v = powers], y) => {
      const isZero = tf.equal(v, 0);
      const safe = tf.where(isZero, tf.onesLike(v), v);
      const slope = tf.div(tf.where(isZero, tf.zerosLike(y), y), tf.mul(safe, p));
      return [tf.mul(dy, slope)];
    },
  );
}

/** |x|^p; p sign(x) |x|^(p - 1), and 0 at 0 */
function powerOf(x: Tensor, p: number): Tensor {
  return withGradient(
    [x],
    (v = x) => tf.pow(tf.abs(v), p),
    (dy, [v = x]) => [tf.mul(dy, tf.mul(tf.mul(tf.sign(v), tf.pow(tf.abs(v), p - 1)), p))],
  );
}

/** log(sum e^x), shifted by the largest element; the gradient is a softmax. */
function logSumExp(x: Tensor, axes: number[]): Tensor {
  return withGradient(
    [x],
    (v = x) => {
      const most = tf.max(v, axes, true);
      const shift = tf.where(tf.isFinite(most), most, tf.zerosLike(most));
      return tf.add(tf.log(tf.sum(tf.exp(tf.sub(v, shift)), axes, true)), shift);
    },
    (dy, [v = x]) => {
      const most = tf.max(v, axes, true);
      const powers = tf.exp(tf.sub(v, most));
      return [tf.mul(dy, tf.div(powers, tf.sum(powers, axes, true)))];
    },
  );
}

function cumulativeSum(call: Call): Tensor {
  const x = operand(call, 0);
  const axis = axisOf(call, argument(call, 1)?.[0] ?? 0, x.rank);
  const [before, size, behind] = [sizeOf(x.shape.slice(0, axis)), x.shape[axis] ?? 1, sizeOf(x.shape.slice(axis + 1))];
  // Along the last axis: where TensorFlow.js turns axes, its gradient turns them twice.
  const last = tf.transpose(tf.reshape(x, [before, size, behind]), [0, 2, 1]);
  const summed = tf.cumsum(last, 2, int(call, 'exclusive', 0) === 1, int(call, 'reverse', 0) === 1);
  return tf.reshape(tf.transpose(summed, [0, 2, 1]), x.shape);
}
