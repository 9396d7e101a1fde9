import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '#base/tensor';
import { elementTypeOf } from '../../onnx/graph/element-type.js';
import {
  argument,
  axisOf,
  fail,
  given,
  int,
  ints,
  operand,
  requiredArgument,
  text,
  type Call,
  type OperatorTable,
} from '../operator.js';
import { integers, plain, range, valueOf, type Value } from '../value.js';
import { castTo } from './arithmetic.js';
import { reduceTo, withGradient } from './custom.js';
import { unary } from './pointwise.js';

/** Operators that move elements without computing, and those that tell or take shapes. */
export const shapeOperators: OperatorTable = {
  Identity: unary((x) => tf.clone(x)),
  // Outside of training, where a mask takes its place, a Dropout drops nothing.
  Dropout: (call) => dropout(call),
  Cast: (call) => castTo(call, elementTypeOf(int(call, 'to', 0))),
  CastLike: (call) => castTo(call, given(call, 1).type),
  Shape: (call) => shapeOf(call),
  Size: (call) => valueOf('int64', integers([], [operand(call, 0).size])),
  Reshape: (call) => reshape(call),
  Flatten: (call) => flatten(call),
  Squeeze: (call) => squeeze(call),
  Unsqueeze: (call) => unsqueeze(call),
  Transpose: (call) => transposed(call),
  Concat: (call) => concatenated(call),
  Split: (call) => split(call),
  Expand: (call) => expand(call),
  Tile: (call) => tile(call),
  DepthToSpace: (call) => depthToSpace(call),
  SpaceToDepth: (call) => spaceToDepth(call),
};

function dropout(call: Call): (Value | null)[] {
  const input = given(call, 0);
  const kept = call.node.outputs.length > 1 ? tf.cast(tf.onesLike(input.tensor), 'bool') : null;
  return [
    { ...input, tensor: tf.clone(input.tensor) },
    kept === null ? null : { ...input, type: 'bool', tensor: kept },
  ];
}

function shapeOf(call: Call): Value {
  const { shape, rank } = operand(call, 0);
  const within = (position: number): number => Math.min(Math.max(position < 0 ? position + rank : position, 0), rank);
  const sizes = shape.slice(within(int(call, 'start', 0)), within(int(call, 'end', rank)));
  return valueOf('int64', integers([sizes.length], sizes));
}

function reshape(call: Call): Tensor {
  const x = operand(call, 0);
  const keepsZero = int(call, 'allowzero', 0) === 0;
  const sizes = requiredArgument(call, 1).map((size, axis) => (size === 0 && keepsZero ? (x.shape[axis] ?? 0) : size));
  const rest = sizeOf(sizes.filter((size) => size >= 0));
  const whole = sizes.map((size) => (size < 0 ? (rest === 0 ? 0 : x.size / rest) : size));
  if (sizeOf(whole) !== x.size) fail(call, `reshapes [${x.shape.join(', ')}] to [${sizes.join(', ')}]`);
  return tf.reshape(x, whole);
}

function flatten(call: Call): Tensor {
  const x = operand(call, 0);
  const axis = axisOf(call, int(call, 'axis', 1), x.rank);
  return tf.reshape(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]);
}

function squeeze(call: Call): Tensor {
  const x = operand(call, 0);
  const named = argument(call, 1)?.map((axis) => axisOf(call, axis, x.rank));
  const leaves = (axis: number): boolean => (named === undefined ? x.shape[axis] === 1 : named.includes(axis));
  if (named?.some((axis) => x.shape[axis] !== 1)) fail(call, 'squeezes an axis that is longer than one');
  return tf.reshape(
    x,
    x.shape.filter((_, axis) => !leaves(axis)),
  );
}

function unsqueeze(call: Call): Tensor {
  const x = operand(call, 0);
  const named = requiredArgument(call, 1);
  const rank = x.rank + named.length;
  const added = new Set(named.map((axis) => axisOf(call, axis, rank)));
  const sizes = [...x.shape];
  return tf.reshape(
    x,
    range(0, rank).map((axis) => (added.has(axis) ? 1 : (sizes.shift() ?? 1))),
  );
}

function transposed(call: Call): Tensor {
  const x = operand(call, 0);
  return tf.transpose(x, [...(ints(call, 'perm') ?? range(0, x.rank).reverse())]);
}

function concatenated(call: Call): Value {
  const values = call.inputs.map((_, i) => given(call, i));
  const [first = given(call, 0)] = values;
  const axis = axisOf(call, int(call, 'axis', 0), first.tensor.rank);
  const dtypes = new Set(values.map(({ tensor }) => tensor.dtype));
  if (dtypes.size > 1) fail(call, 'joins values of several types');
  if (values.every(({ channelsLast }) => channelsLast)) {
    const place = axis === 0 ? 0 : axis === 1 ? first.tensor.rank - 1 : axis - 1;
    return {
      ...first,
      tensor: joined(
        values.map(({ tensor }) => tensor),
        place,
      ),
    };
  }
  return valueOf(first.type, joined(values.map(plain), axis));
}

/** Empty parts are left out: not every back end takes them. */
function joined(parts: readonly Tensor[], axis: number): Tensor {
  const present = parts.filter(({ size }) => size > 0);
  const [only = parts[0]] = present;
  if (only !== undefined && present.length <= 1) return tf.clone(only);
  return tf.concat([...present], axis);
}

function split(call: Call): (Value | null)[] {
  const { type } = given(call, 0);
  const x = operand(call, 0);
  const axis = axisOf(call, int(call, 'axis', 0), x.rank);
  const size = x.shape[axis] ?? 0;
  const sizes = argument(call, 1) ?? evenly(size, int(call, 'num_outputs', call.node.outputs.length));
  if (sizes.reduce((sum, each) => sum + each, 0) !== size) fail(call, `splits ${size} into ${sizes.join(' + ')}`);
  let start = 0;
  return sizes.map((length) => {
    const begin = start;
    start += length;
    return valueOf(type, part(x, axis, begin, length));
  });
}

function evenly(size: number, count: number): number[] {
  const most = Math.ceil(size / count);
  return range(0, count).map((i) => Math.max(Math.min(most, size - i * most), 0));
}

/** Positions [start, start + length) of an axis. */
export function part(x: Tensor, axis: number, start: number, length: number): Tensor {
  if (start === 0 && length === x.shape[axis]) return tf.clone(x);
  if (length === 0) return tf.zeros(x.shape.toSpliced(axis, 1, 0), x.dtype);
  const begin = x.shape.map((_, each) => (each === axis ? start : 0));
  return tf.slice(x, begin, x.shape.toSpliced(axis, 1, length));
}

/** The slices of an axis, without it. The gradient that TensorFlow.js has of them fails for a single one. */
export function unstacked(x: Tensor, axis: number): Tensor[] {
  const count = x.shape[axis] ?? 0;
  if (count > 1) return tf.unstack(x, axis);
  return count === 0 ? [] : [tf.reshape(x, x.shape.toSpliced(axis, 1))];
}

/** Where a size is 1 or missing, the other's is taken. */
function expand(call: Call): Tensor {
  const x = operand(call, 0);
  return spreadTo(x, tf.broadcast_util.assertAndGetBroadcastShape(x.shape, requiredArgument(call, 1)));
}

/** Repeats along axes of size one. */
export function spreadTo(x: Tensor, shape: readonly number[]): Tensor {
  if (sizeOf(shape) === 0) return tf.zeros([...shape], x.dtype);
  if (x.shape.join() === shape.join()) return tf.clone(x);
  if (x.dtype !== 'float32') return tf.broadcastTo(x, [...shape]);
  // The gradient that TensorFlow.js has ends at four axes.
  return withGradient(
    [x],
    (v = x) => tf.broadcastTo(v, [...shape]),
    (dy) => [reduceTo(dy, x.shape)],
  );
}

function tile(call: Call): Tensor {
  const x = operand(call, 0);
  const repeats = requiredArgument(call, 1);
  const spread = x.shape.flatMap((size, axis) => [repeats[axis] ?? 1, size]);
  const own = x.shape.flatMap((size) => [1, size]);
  const compact = compacted(own, spread);
  const tiled = spreadTo(tf.reshape(x, compact.own), compact.spread);
  return tf.reshape(
    tiled,
    x.shape.map((size, axis) => size * (repeats[axis] ?? 1)),
  );
}

/** Neighbouring axes that are not repeated as one: kernels take only so many axes. */
function compacted(own: readonly number[], spread: readonly number[]): { own: number[]; spread: number[] } {
  const axes: { own: number; spread: number }[] = [];
  own.forEach((size, i) => {
    const wanted = spread[i] ?? 1;
    const last = axes.at(-1);
    if (size === wanted && last !== undefined && last.own === last.spread) {
      axes[axes.length - 1] = { own: last.own * size, spread: last.spread * wanted };
    } else axes.push({ own: size, spread: wanted });
  });
  return { own: axes.map((axis) => axis.own), spread: axes.map((axis) => axis.spread) };
}

function depthToSpace(call: Call): Tensor {
  const x = operand(call, 0);
  const block = int(call, 'blocksize', 1);
  const [n = 0, channels = 0, height = 0, width = 0] = x.shape;
  const depth = channels / block ** 2;
  const isColumnFirst = text(call, 'mode', 'DCR') === 'CRD';
  const apart = isColumnFirst ? [n, depth, block, block, height, width] : [n, block, block, depth, height, width];
  const order = isColumnFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
  const moved = tf.transpose(tf.reshape(x, apart), order);
  return tf.reshape(moved, [n, depth, height * block, width * block]);
}

function spaceToDepth(call: Call): Tensor {
  const x = operand(call, 0);
  const block = int(call, 'blocksize', 1);
  const [n = 0, channels = 0, height = 0, width = 0] = x.shape;
  const [rows, columns] = [height / block, width / block];
  const apart = tf.reshape(x, [n, channels, rows, block, columns, block]);
  return tf.reshape(tf.transpose(apart, [0, 3, 5, 1, 2, 4]), [n, channels * block ** 2, rows, columns]);
}
