import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { sizeOf } from '#base/tensor';
import { fail, given, int, ints, operand, type Call, type OperatorTable } from '../operator.js';
import { channelsLastOf, integers, numbersIn, numbersOf, range, valueOf, type Value } from '../value.js';
import { larger } from './arithmetic.js';
import { withGradient } from './custom.js';
import { norm } from './reduction.js';
import { ravel, take, unravel } from './selection.js';
import { extent, met, windowsOf, type Window } from './window.js';

/** Poolings over windows, and over all positions. */
export const poolingOperators: OperatorTable = {
  MaxPool: (call) => maxPool(call),
  AveragePool: (call) => averagePool(call),
  LpPool: (call) => lpPool(call),
  GlobalAveragePool: (call) => overPositions(call, (x, axes) => tf.mean(x, axes, true)),
  GlobalMaxPool: (call) => overPositions(call, firstMaximum),
  GlobalLpPool: (call) => overPositions(call, (x, axes) => norm(x, int(call, 'p', 2), (v) => tf.sum(v, axes, true))),
};

function overPositions(call: Call, apply: (x: Tensor, axes: number[]) => Tensor): Value {
  const x = given(call, 0);
  const { rank } = x.tensor;
  return { ...x, tensor: apply(x.tensor, x.channelsLast ? range(1, rank - 1) : range(2, rank)) };
}

/** The largest element over all positions; of equal ones the first has the gradient. */
function firstMaximum(x: Tensor, axes: number[]): Tensor {
  return withGradient(
    [x],
    (v = x) => tf.max(v, axes, true),
    (dy, [v = x], y) => {
      const order = [...range(0, v.rank).filter((axis) => !axes.includes(axis)), ...axes];
      const back = range(0, v.rank).map((axis) => order.indexOf(axis));
      const hits = tf.transpose(tf.cast(tf.equal(v, y), 'int32'), order);
      const rows = tf.reshape(hits, [-1, sizeOf(axes.map((axis) => v.shape[axis] ?? 1))]);
      const first = tf.logicalAnd(tf.cast(rows, 'bool'), tf.equal(tf.cumsum(rows, 1), 1));
      return [tf.mul(tf.cast(tf.transpose(tf.reshape(first, hits.shape), back), 'float32'), dy)];
    },
  );
}

interface Pooling {
  readonly value: Value;
  /** [n, ...positions, channels] */
  readonly x: Tensor;
  readonly axes: readonly Window[];
}

function poolingOf(call: Call): Pooling {
  const value = given(call, 0);
  const x = channelsLastOf(value);
  const kernel = ints(call, 'kernel_shape') ?? fail(call, 'has no kernel_shape');
  const rounding = int(call, 'ceil_mode', 0) === 1 ? 'up' : 'down';
  return { value, x, axes: windowsOf(call, x.shape.slice(1, -1), kernel, rounding) };
}

/** Padded so that every window is whole, the last one included. */
function whole(x: Tensor, axes: readonly Window[], fill: number): Tensor {
  const around = axes.map((window) => {
    const { padBegin, stride, output, input } = window;
    // Where the last window ends in front of the end, positions are left over.
    return [padBegin, Math.max((output - 1) * stride + extent(window) - input - padBegin, 0)] as const;
  });
  const all = [[0, 0] as const, ...around, [0, 0] as const];
  if (all.every(([begin, end]) => begin === 0 && end === 0)) return x;
  return tf.pad(
    x,
    all.map(([begin, end]): [number, number] => [begin, end]),
    fill,
  );
}

/** Below everything that is finite: its product with 0 is a number. */
const LEAST = -3.4028234663852886e38;

function maxPool(call: Call): (Value | null)[] {
  const { value, x, axes } = poolingOf(call);
  const input = whole(x, axes, LEAST);
  // In three dimensions the gradient that TensorFlow.js has is wrong for kernels that are no cubes.
  const isOwn = isRegular(axes) && axes.length < 3;
  const tensor = isOwn ? pooled(input, axes, 'max') : ofPlaces(input, axes, larger);
  const indices = (call.node.outputs[1] ?? '') === '' ? null : maximumPlaces(call, axes);
  return [{ type: value.type, tensor, channelsLast: true }, indices];
}

function isRegular(axes: readonly Window[]): boolean {
  return axes.length <= 3 && axes.every(({ dilation }) => dilation === 1);
}

/** By TensorFlow's own kernels; windows are whole. */
function pooled(x: Tensor, axes: readonly Window[], kind: 'max' | 'avg'): Tensor {
  const [kernel, strides] = [axes.map((window) => window.kernel), axes.map(({ stride }) => stride)];
  if (axes.length === 3) return tf.avgPool3d(x as Tensor5D, triple(kernel), triple(strides), 'valid');
  const pool = kind === 'max' ? tf.maxPool : tf.avgPool;
  if (axes.length === 2) return pool(x as Tensor4D, pair(kernel), pair(strides), 'valid');
  const [first = 1] = kernel;
  const column = tf.expandDims<Tensor4D>(x, 1);
  return tf.squeeze(pool(column, [1, first], [1, strides[0] ?? 1], 'valid'), [1]);
}

/** The places of the kernel one after the other: dilated windows have no gradient in TensorFlow.js. */
function ofPlaces(x: Tensor, axes: readonly Window[], join: (a: Tensor, b: Tensor) => Tensor): Tensor {
  const kernel = axes.map((window) => window.kernel);
  return range(0, sizeOf(kernel))
    .map((place) => {
      const own = unravel(place, kernel);
      return axes.reduce((value, window, axis) => take(value, axis + 1, met(window, own[axis] ?? 0)), x);
    })
    .reduce(join);
}

/** Where each maximum was found, as an index into the whole input in the order of the graph. */
function maximumPlaces(call: Call, axes: readonly Window[]): Value {
  const x = operand(call, 0);
  const [n = 0, channels = 0, ...sizes] = x.shape;
  const data = numbersOf(x);
  const area = sizeOf(sizes);
  const isColumnMajor = int(call, 'storage_order', 0) === 1;
  const kernel = axes.map((window) => window.kernel);
  const outputs = axes.map(({ output }) => output);
  const places = range(0, sizeOf(kernel)).map((place) => unravel(place, kernel));
  const found = range(0, n * channels).flatMap((image) =>
    range(0, sizeOf(outputs)).map((window) => {
      const at = unravel(window, outputs);
      let [best, most] = [-1, -Infinity];
      for (const place of places) {
        const position = axes.map(
          (axis, i) => (at[i] ?? 0) * axis.stride + (place[i] ?? 0) * axis.dilation - axis.padBegin,
        );
        if (position.some((each, i) => each < 0 || each >= (sizes[i] ?? 0))) continue;
        const value = data[image * area + ravel(position, sizes)] ?? NaN;
        if (best >= 0 && !(value > most)) continue;
        most = value;
        best = isColumnMajor ? ravel(position.toReversed(), sizes.toReversed()) : ravel(position, sizes);
      }
      return image * area + best;
    }),
  );
  return valueOf('int64', integers([n, channels, ...outputs], found));
}

function averagePool(call: Call): Value {
  const { value, x, axes } = poolingOf(call);
  const input = whole(x, axes, 0);
  const area = sizeOf(axes.map(({ kernel }) => kernel));
  const average = isRegular(axes)
    ? pooled(input, axes, 'avg')
    : tf.div(
        ofPlaces(input, axes, (a, b) => tf.add(a, b)),
        area,
      );
  const shares = sharesOf(axes, int(call, 'count_include_pad', 0) === 1);
  return { type: value.type, tensor: shares === null ? average : tf.mul(average, shares), channelsLast: true };
}

/** By what an average over the whole window is multiplied where only a part of it counts; null where all of it does everywhere. */
function sharesOf(axes: readonly Window[], countsPadding: boolean): Tensor | null {
  const perAxis = axes.map((window) =>
    range(0, window.output).map((i) => {
      const inside = range(0, window.kernel).filter((place) => {
        const position = i * window.stride + place * window.dilation - window.padBegin;
        return countsPadding ? position < window.input + window.padEnd : position >= 0 && position < window.input;
      });
      return window.kernel / Math.max(inside.length, 1);
    }),
  );
  if (perAxis.every((shares) => shares.every((share) => share === 1))) return null;
  const outputs = axes.map(({ output }) => output);
  const shares = range(0, sizeOf(outputs)).map((i) =>
    unravel(i, outputs).reduce((product, at, axis) => product * (perAxis[axis]?.[at] ?? 1), 1),
  );
  return numbersIn('float32', [...outputs, 1], shares);
}

function lpPool(call: Call): Value {
  const { value, x, axes } = poolingOf(call);
  const area = sizeOf(axes.map(({ kernel }) => kernel));
  const sum = (powers: Tensor): Tensor => {
    const input = whole(powers, axes, 0);
    return isRegular(axes) ? tf.mul(pooled(input, axes, 'avg'), area) : ofPlaces(input, axes, (a, b) => tf.add(a, b));
  };
  return { type: value.type, tensor: norm(x, int(call, 'p', 2), sum), channelsLast: true };
}

function pair([a = 1, b = 1]: readonly number[]): [number, number] {
  return [a, b];
}

function triple([a = 1, b = 1, c = 1]: readonly number[]): [number, number, number] {
  return [a, b, c];
}
