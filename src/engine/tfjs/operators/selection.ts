import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '#base/tensor';
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
import { indices, numbersIn, plain, range, valueOf, type Value } from '../value.js';
import { masked } from './custom.js';
import { part, spreadTo } from './shape.js';

/** Parts of a tensor, and what is put around or in the place of parts. */
export const selectionOperators: OperatorTable = {
  Slice: (call) => slice(call),
  Pad: (call) => pad(call),
  CenterCropPad: (call) => centerCropPad(call),
  Compress: (call) => compress(call),
  ReverseSequence: (call) => reverseSequence(call),
  Trilu: (call) => triangle(call),
  Col2Im: (call) => columnsToImages(call),
};

/** The elements at positions of an axis, which may repeat. */
export function take(x: Tensor, axis: number, positions: readonly number[]): Tensor {
  const [first = 0] = positions;
  if (positions.length === 0) return tf.zeros(x.shape.toSpliced(axis, 1, 0), x.dtype);
  if (positions.every((position, i) => position === first + i)) return part(x, axis, first, positions.length);
  return tf.gather(x, indices(positions), axis);
}

function slice(call: Call): Tensor {
  const starts = requiredArgument(call, 1);
  const ends = requiredArgument(call, 2);
  const x = operand(call, 0);
  const axes = argument(call, 3) ?? range(0, starts.length);
  const steps = argument(call, 4) ?? starts.map(() => 1);
  return axes.reduce((value, named, i) => {
    const axis = axisOf(call, named, x.rank);
    const positions = slicePositions(x.shape[axis] ?? 0, starts[i] ?? 0, ends[i] ?? 0, steps[i] ?? 1);
    return take(value, axis, positions);
  }, tf.clone(x));
}

/** Positions from `start` to in front of `end`, both cut to the axis as ONNX does. */
function slicePositions(size: number, start: number, end: number, step: number): number[] {
  const fromFront = (position: number): number => (position < 0 ? position + size : position);
  const [least, most] = step > 0 ? [0, size] : [-1, size - 1];
  const begin = Math.min(Math.max(fromFront(start), 0), most);
  const stop = Math.min(Math.max(fromFront(end), least), most);
  const count = Math.max(Math.ceil((stop - begin) / step), 0);
  return range(0, count).map((i) => begin + i * step);
}

function pad(call: Call): Tensor {
  const x = operand(call, 0);
  const amounts = requiredArgument(call, 1);
  const axes = (argument(call, 3) ?? range(0, x.rank)).map((axis) => axisOf(call, axis, x.rank));
  const mode = text(call, 'mode', 'constant');
  const fill = call.inputs[2] ?? null;
  if (mode === 'constant') {
    const around = range(0, x.rank).map((axis): [number, number] => {
      const place = axes.indexOf(axis);
      return place < 0 ? [0, 0] : [amounts[place] ?? 0, amounts[place + axes.length] ?? 0];
    });
    return padded(x, around, fill === null ? null : plain(fill));
  }
  return axes.reduce((value, axis, i) => {
    const size = x.shape[axis] ?? 1;
    const [begin, end] = [amounts[i] ?? 0, amounts[i + axes.length] ?? 0];
    if (begin === 0 && end === 0) return value;
    return take(
      value,
      axis,
      range(-begin, size + end).map((position) => sourceOf(call, mode, position, size)),
    );
  }, tf.clone(x));
}

/** Pads by a constant; a negative amount cuts off. */
export function padded(x: Tensor, around: readonly (readonly [number, number])[], fill: Tensor | null): Tensor {
  const cut = around.reduce((value, [begin, end], axis) => {
    const size = x.shape[axis] ?? 0;
    const [start, stop] = [Math.max(-begin, 0), size - Math.max(-end, 0)];
    return start === 0 && stop === size ? value : part(value, axis, start, stop - start);
  }, x);
  const more = around.map(([begin, end]): [number, number] => [Math.max(begin, 0), Math.max(end, 0)]);
  if (more.every(([begin, end]) => begin === 0 && end === 0)) return tf.clone(cut);
  if (fill === null || fill.dtype === 'bool') return padWith(cut, more, fill === null ? 0 : (fill.dataSync()[0] ?? 0));
  const zeros = padWith(cut, more, 0);
  const [value] = fill.dataSync();
  // An infinite number would make the rest no number.
  if (!Number.isFinite(value)) return padWith(cut, more, value ?? 0);
  return tf.add(zeros, tf.mul(outside(cut, more, zeros.dtype), tf.reshape(fill, [])));
}

/** 1 on the padding, 0 inside. */
function outside(x: Tensor, around: [number, number][], dtype: Tensor['dtype']): Tensor {
  return padWith(tf.zeros(x.shape, dtype), around, 1);
}

function padWith(x: Tensor, around: [number, number][], value: number): Tensor {
  if (x.dtype === 'bool') return tf.cast(tf.pad(tf.cast(x, 'int32'), around, value), 'bool');
  if (x.size > 0) return tf.pad(x, around, value);
  const shape = x.shape.map((size, axis) => size + (around[axis] ?? [0, 0])[0] + (around[axis] ?? [0, 0])[1]);
  return tf.fill(shape, value, x.dtype);
}

function sourceOf(call: Call, mode: string, position: number, size: number): number {
  const wrapped = (period: number): number => ((position % period) + period) % period;
  switch (mode) {
    case 'edge':
      return Math.min(Math.max(position, 0), size - 1);
    case 'reflect': {
      const period = Math.max(2 * (size - 1), 1);
      const folded = wrapped(period);
      return folded < size ? folded : period - folded;
    }
    case 'wrap':
      return wrapped(size);
    default:
      return fail(call, `pads by the mode \`${mode}\``);
  }
}

/** Cuts or pads on both sides alike; of an odd number one more behind. */
function centerCropPad(call: Call): Tensor {
  const x = operand(call, 0);
  const sizes = requiredArgument(call, 1);
  const axes = (ints(call, 'axes') ?? range(0, x.rank)).map((axis) => axisOf(call, axis, x.rank));
  const around = range(0, x.rank).map((axis): [number, number] => {
    const place = axes.indexOf(axis);
    const surplus = place < 0 ? 0 : (sizes[place] ?? 0) - (x.shape[axis] ?? 0);
    const before = surplus < 0 ? -Math.floor(-surplus / 2) : Math.floor(surplus / 2);
    return [before, surplus - before];
  });
  return padded(x, around, null);
}

function compress(call: Call): Tensor {
  const x = operand(call, 0);
  const kept = requiredArgument(call, 1).flatMap((condition, i) => (condition === 0 ? [] : [i]));
  if (!call.node.attributes.has('axis')) return take(tf.reshape(x, [x.size]), 0, kept);
  return take(x, axisOf(call, int(call, 'axis', 0), x.rank), kept);
}

/** The first elements of each sequence backwards. */
function reverseSequence(call: Call): Tensor {
  const x = operand(call, 0);
  const lengths = requiredArgument(call, 1);
  const time = int(call, 'time_axis', 0);
  const [first = 0, second = 0, ...rest] = x.shape;
  const rows = range(0, first * second).map((row) => {
    const [i, j] = [Math.floor(row / second), row % second];
    const [at, sample] = time === 0 ? [i, j] : [j, i];
    const length = lengths[sample] ?? 0;
    const source = at < length ? length - 1 - at : at;
    return time === 0 ? source * second + sample : sample * second + source;
  });
  return tf.reshape(take(tf.reshape(x, [first * second, sizeOf(rest)]), 0, rows), x.shape);
}

/** The upper or lower triangle of each matrix; what is not taken is 0, whatever it was. */
function triangle(call: Call): Value {
  const { type } = given(call, 0);
  const x = operand(call, 0);
  const [rows = 1, columns = 1] = x.shape.slice(-2);
  const offset = argument(call, 1)?.[0] ?? 0;
  const isUpper = int(call, 'upper', 1) === 1;
  const mask = range(0, rows * columns).map((i) => {
    const distance = (i % columns) - Math.floor(i / columns);
    return (isUpper ? distance >= offset : distance <= offset) ? 1 : 0;
  });
  const taken = spreadTo(numbersIn('bool', [rows, columns], mask), x.shape);
  return valueOf(type, x.dtype === 'bool' ? tf.logicalAnd(x, taken) : masked(x, taken));
}

/** Columns [n, channels x block, positions] are added up to images. */
function columnsToImages(call: Call): Tensor {
  const x = operand(call, 0);
  const image = requiredArgument(call, 1);
  const block = requiredArgument(call, 2);
  const dilations = ints(call, 'dilations') ?? block.map(() => 1);
  const strides = ints(call, 'strides') ?? block.map(() => 1);
  const pads = ints(call, 'pads') ?? [...block, ...block].map(() => 0);
  const [n = 0, depth = 0, positions = 0] = x.shape;
  const channels = depth / sizeOf(block);
  const counts = image.map((size, axis) => {
    const extent = (dilations[axis] ?? 1) * ((block[axis] ?? 1) - 1) + 1;
    const around = (pads[axis] ?? 0) + (pads[axis + block.length] ?? 0);
    return Math.floor((size + around - extent) / (strides[axis] ?? 1)) + 1;
  });
  const targets = range(0, sizeOf(block) * positions).map((i) => {
    const places = unravel(Math.floor(i / positions), block);
    const windows = unravel(i % positions, counts);
    const pixel = places.map(
      (place, axis) => (windows[axis] ?? 0) * (strides[axis] ?? 1) + place * (dilations[axis] ?? 1) - (pads[axis] ?? 0),
    );
    return pixel.every((at, axis) => at >= 0 && at < (image[axis] ?? 0)) ? ravel(pixel, image) : -1;
  });
  const kept = targets.flatMap((target, i) => (target < 0 ? [] : [i]));
  // [entries of a block x positions, n x channels], of which each row goes to one pixel.
  const entries = tf.transpose(tf.reshape(x, [n * channels, sizeOf(block) * positions]), [1, 0]);
  const pixels = kept.map((i) => targets[i] ?? 0);
  const summed = tf.unsortedSegmentSum(take(entries, 0, kept), indices(pixels), sizeOf(image));
  return tf.reshape(tf.transpose(summed, [1, 0]), [n, channels, ...image]);
}

/** The coordinates of the element with an index, and back. */
export function unravel(index: number, shape: readonly number[]): number[] {
  const coordinates = shape.map(() => 0);
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1;
    coordinates[axis] = rest % size;
    rest = Math.floor(rest / size);
  }
  return coordinates;
}

export function ravel(coordinates: readonly number[], shape: readonly number[]): number {
  return shape.reduce((index, size, axis) => index * size + (coordinates[axis] ?? 0), 0);
}
