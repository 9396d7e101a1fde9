import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '#base/tensor';
import { fail, int, operand, requiredArgument, text, type Call, type OperatorTable } from '../operator.js';
import { floats, indices, numbersOf, range, real } from '../value.js';
import { absolute } from './arithmetic.js';
import { both, masked, sloped } from './custom.js';
import { product } from './matrix.js';
import { unravel } from './selection.js';
import { unstacked } from './shape.js';

/** Images looked up at the points of a grid. */
export const samplingOperators: OperatorTable = {
  GridSample: (call) => gridSample(call),
  AffineGrid: (call) => affineGrid(call),
};

/** Pixels of an axis that samples are mixed from: positions on the host, weights [n, samples] with their gradient. */
interface Tap {
  readonly positions: readonly number[];
  readonly weights: Tensor;
}

/** Each sample is a sum of pixels, weighted by how near they are. */
function gridSample(call: Call): Tensor {
  const x = operand(call, 0);
  const grid = operand(call, 1);
  const [n = 0, channels = 0, ...sizes] = x.shape;
  const samples = sizeOf(grid.shape.slice(1, -1));
  // The last axis of the grid names the last axis of the image first.
  const coordinates = unstacked(tf.reshape(grid, [n, samples, sizes.length]), 2).toReversed();
  const axes = coordinates.map((coordinate, axis) => tapsOf(call, coordinate, sizes[axis] ?? 1));
  const corners = axes.reduce<Tap[][]>((some, taps) => some.flatMap((own) => taps.map((tap) => [...own, tap])), [[]]);
  // [n x pixels, channels]
  const pixels = tf.reshape(tf.transpose(tf.reshape(x, [n, channels, sizeOf(sizes)]), [0, 2, 1]), [
    n * sizeOf(sizes),
    channels,
  ]);
  const parts = corners.map((taps) => {
    const rows = range(0, n * samples).map((i) => {
      const pixel = taps.reduce((flat, tap, axis) => flat * (sizes[axis] ?? 1) + (tap.positions[i] ?? 0), 0);
      return Math.floor(i / samples) * sizeOf(sizes) + pixel;
    });
    const weight = taps.map((tap) => tap.weights).reduce((a, b) => tf.mul(a, b));
    return tf.mul(tf.gather(pixels, indices(rows)), tf.reshape(weight, [n * samples, 1]));
  });
  const summed = tf.reshape(
    parts.reduce((a, b) => tf.add(a, b)),
    [n, samples, channels],
  );
  return tf.reshape(tf.transpose(summed, [0, 2, 1]), [n, channels, ...grid.shape.slice(1, -1)]);
}

/** Weights of the pixels around a coordinate, as polynomials of its fractional part, lowest power first. */
interface Kernel {
  readonly first: number;
  readonly weights: readonly (readonly number[])[];
}

/** Keys' cubic convolution (1981) with the coefficient that PyTorch and ONNX take. */
const A = -0.75;
const KERNELS: Readonly<Record<string, Kernel>> = {
  nearest: { first: 0, weights: [[1]] },
  linear: {
    first: 0,
    weights: [
      [1, -1],
      [0, 1],
    ],
  },
  cubic: {
    first: -1,
    weights: [
      [0, A, -2 * A, A],
      [1, 0, -A - 3, A + 2],
      [0, -A, 2 * A + 3, -A - 2],
      [0, 0, A, -A],
    ],
  },
};

function tapsOf(call: Call, grid: Tensor, size: number): Tap[] {
  const mode = text(call, 'mode', 'linear');
  const kernel = KERNELS[mode] ?? fail(call, `samples by the mode \`${mode}\``);
  const isCubic = mode === 'cubic';
  const scale = (int(call, 'align_corners', 0) === 1 ? size - 1 : size) / 2;
  const placed = tf.add(tf.mul(grid, scale), (size - 1) / 2);
  // Nearest and linear sampling move the coordinate into the image, cubic sampling moves each pixel.
  const at = isCubic ? placed : intoImage(call, placed, size);
  const base = mode === 'nearest' ? tf.round(at) : tf.floor(at);
  const fraction = tf.sub(at, base);
  return kernel.weights.map((weights, k) => {
    const position = tf.add(base, kernel.first + k);
    const moved = isCubic ? intoImage(call, position, size) : position;
    const clipped = tf.clipByValue(moved, 0, size - 1);
    return {
      positions: numbersOf(clipped),
      weights: masked(polynomial(fraction, weights), tf.equal(moved, clipped)),
    };
  });
}

function polynomial(x: Tensor, coefficients: readonly number[]): Tensor {
  return coefficients.reduceRight<Tensor>((sum, coefficient) => tf.add(tf.mul(sum, x), coefficient), tf.zerosLike(x));
}

function intoImage(call: Call, position: Tensor, size: number): Tensor {
  switch (text(call, 'padding_mode', 'zeros')) {
    case 'zeros':
      return position;
    case 'border':
      return clippedInside(position, size);
    case 'reflection':
      return clippedInside(reflected(position, size, int(call, 'align_corners', 0) === 1), size);
    default:
      return fail(call, `pads by the mode \`${text(call, 'padding_mode', 'zeros')}\``);
  }
}

/** As in PyTorch, the first and the last position of the image have slope 0 too. */
function clippedInside(position: Tensor, size: number): Tensor {
  return sloped(
    position,
    (v) => tf.clipByValue(v, 0, size - 1),
    (v) => real(both(tf.greater(v, 0), tf.less(v, size - 1))),
  );
}

/** Folded at the centers of the outermost pixels where corners are aligned, else at their outer edges: a triangle wave. */
function reflected(position: Tensor, size: number, alignsCorners: boolean): Tensor {
  const low = alignsCorners ? 0 : -0.5;
  const span = size - 1 - 2 * low;
  if (span === 0) return tf.mul(position, 0);
  const phase = tf.mod(absolute(tf.sub(position, low)), 2 * span);
  return tf.sub(span + low, absolute(tf.sub(span, phase)));
}

/** Points of a grid [n, ...sizes, axes], each theta times its own place [..., 1]. */
function affineGrid(call: Call): Tensor {
  const theta = operand(call, 0);
  const sizes = requiredArgument(call, 1).slice(2);
  const isAligned = int(call, 'align_corners', 0) === 1;
  const place = (size: number, i: number): number => {
    if (isAligned) return size === 1 ? 0 : -1 + (2 * i) / (size - 1);
    return -1 + (2 * i + 1) / size;
  };
  const points = range(0, sizeOf(sizes)).flatMap((i) => {
    const at = unravel(i, sizes).map((position, axis) => place(sizes[axis] ?? 1, position));
    return [...at.toReversed(), 1];
  });
  const places = floats([sizeOf(sizes), sizes.length + 1], Float32Array.from(points));
  const grid = product(tf.expandDims(places, 0), tf.transpose(theta, [0, 2, 1]));
  return tf.reshape(grid, [...theta.shape.slice(0, 1), ...sizes, sizes.length]);
}
