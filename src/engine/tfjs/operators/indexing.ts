import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '#base/tensor';
import {
  axisOf,
  fail,
  given,
  int,
  operand,
  requiredArgument,
  text,
  type Call,
  type OperatorTable,
} from '../operator.js';
import { held, indices, numbersOf, plain, range, real, valueOf, type Value } from '../value.js';
import { ravel, unravel } from './selection.js';

/** Operators that look elements up, or put them, by indices. */
export const indexingOperators: OperatorTable = {
  Gather: (call) => gather(call),
  GatherElements: (call) => gatherElements(call),
  GatherND: (call) => gatherSlices(call),
  ScatterElements: (call) => scatterElements(call),
  ScatterND: (call) => scatterSlices(call),
  OneHot: (call) => oneHot(call),
  MaxUnpool: (call) => maxUnpool(call),
};

function gather(call: Call): Tensor {
  const x = operand(call, 0);
  const positions = operand(call, 1);
  const axis = axisOf(call, int(call, 'axis', 0), x.rank);
  const size = x.shape[axis] ?? 0;
  const wanted = wrapped(call, numbersOf(positions), size);
  const shape = [...x.shape.slice(0, axis), ...positions.shape, ...x.shape.slice(axis + 1)];
  if (sizeOf(shape) === 0) return tf.zeros(shape, x.dtype);
  // Three axes are what every back end gathers from, and what its gradient is defined for.
  const rows = tf.reshape(x, [sizeOf(x.shape.slice(0, axis)), size, sizeOf(x.shape.slice(axis + 1))]);
  return tf.reshape(tf.gather(rows, indices(wanted), 1), shape);
}

/** Negative indices count from behind; one outside of the axis is an error of the model or of the tokens that it is given. */
function wrapped(call: Call, positions: readonly number[], size: number): number[] {
  return positions.map((position) => {
    const found = position < 0 ? position + size : position;
    return found >= 0 && found < size ? found : fail(call, `looks up ${position} in ${size} entries`);
  });
}

/** Each element of a flat tensor at an index. */
export function lookUp(flat: Tensor, positions: readonly number[], shape: readonly number[]): Tensor {
  if (positions.length === 0) return tf.zeros([...shape], flat.dtype);
  return tf.reshape(tf.gather(flat, indices(positions)), [...shape]);
}

function gatherElements(call: Call): Tensor {
  const x = operand(call, 0);
  const positions = operand(call, 1);
  const axis = axisOf(call, int(call, 'axis', 0), x.rank);
  return lookUp(tf.reshape(x, [x.size]), elementPlaces(call, x.shape, positions, axis), positions.shape);
}

/** Where in a flat tensor each index along an axis points to. */
function elementPlaces(call: Call, shape: readonly number[], positions: Tensor, axis: number): number[] {
  const wanted = wrapped(call, numbersOf(positions), shape[axis] ?? 0);
  return wanted.map((position, i) => ravel(unravel(i, positions.shape).with(axis, position), shape));
}

/** The same for values at indices, such as those of a TopK. */
export function takeAlong(x: Tensor, positions: readonly number[], shape: readonly number[], axis: number): Tensor {
  const places = positions.map((position, i) => ravel(unravel(i, shape).with(axis, position), x.shape));
  return lookUp(tf.reshape(x, [x.size]), places, shape);
}

function gatherSlices(call: Call): Tensor {
  const x = operand(call, 0);
  const positions = operand(call, 1);
  const batch = int(call, 'batch_dims', 0);
  const depth = positions.shape.at(-1) ?? 0;
  const places = slicePlaces(call, x.shape, positions, batch);
  const slice = x.shape.slice(batch + depth);
  const rows = tf.reshape(x, [sizeOf(x.shape.slice(0, batch + depth)), sizeOf(slice)]);
  const shape = [...positions.shape.slice(0, -1), ...slice];
  if (sizeOf(shape) === 0) return tf.zeros(shape, x.dtype);
  return tf.reshape(tf.gather(rows, indices(places)), shape);
}

/** Which slice of a tensor each row of coordinates names, slices counted in order. */
function slicePlaces(call: Call, shape: readonly number[], positions: Tensor, batch: number): number[] {
  const depth = positions.shape.at(-1) ?? 0;
  const named = shape.slice(batch, batch + depth);
  const numbers = numbersOf(positions);
  const rows = depth === 0 ? sizeOf(positions.shape.slice(0, -1)) : numbers.length / depth;
  const rowsPerSample = rows / sizeOf(shape.slice(0, batch));
  return range(0, rows).map((row) => {
    const coordinates = named.map((size, i) => wrapped(call, [numbers[row * depth + i] ?? NaN], size)[0] ?? 0);
    return Math.floor(row / rowsPerSample) * sizeOf(named) + ravel(coordinates, named);
  });
}

function scatterElements(call: Call): Tensor {
  const x = operand(call, 0);
  const positions = operand(call, 1);
  const axis = axisOf(call, int(call, 'axis', 0), x.rank);
  const places = elementPlaces(call, x.shape, positions, axis);
  const updates = tf.reshape(operand(call, 2), [positions.size, 1]);
  return tf.reshape(scattered(call, tf.reshape(x, [x.size, 1]), places, updates), x.shape);
}

function scatterSlices(call: Call): Tensor {
  const x = operand(call, 0);
  const positions = operand(call, 1);
  const depth = positions.shape.at(-1) ?? 0;
  const [rows, width] = [sizeOf(x.shape.slice(0, depth)), sizeOf(x.shape.slice(depth))];
  const places = slicePlaces(call, x.shape, positions, 0);
  const updates = tf.reshape(operand(call, 2), [places.length, width]);
  return tf.reshape(scattered(call, tf.reshape(x, [rows, width]), places, updates), x.shape);
}

/** Rows of `updates` put into the rows of `x` that `places` name. */
function scattered(call: Call, x: Tensor, places: readonly number[], updates: Tensor): Tensor {
  const reduction = text(call, 'reduction', 'none');
  if (places.length === 0) return tf.clone(x);
  if (reduction === 'none') return replaced(x, places, updates);
  const [rows = 0] = x.shape;
  if (reduction === 'add') return tf.add(x, held(summedRows(updates, places, rows), x.dtype));
  return rounds(places).reduce((value, round) => {
    const at = round.map((i) => places[i] ?? 0);
    const [old, own] = [tf.gather(value, indices(at)), tf.gather(updates, indices(round))];
    return replaced(value, at, combined(call, reduction, old, own));
  }, x);
}

function combined(call: Call, reduction: string, old: Tensor, own: Tensor): Tensor {
  switch (reduction) {
    case 'mul':
      return tf.mul(old, own);
    case 'max':
      return tf.maximum(old, own);
    case 'min':
      return tf.minimum(old, own);
    default:
      return fail(call, `scatters by the reduction \`${reduction}\``);
  }
}

/** Updates in groups of which none has a place twice. */
function rounds(places: readonly number[]): number[][] {
  const times = new Map<number, number>();
  const groups: number[][] = [];
  places.forEach((place, i) => {
    const round = times.get(place) ?? 0;
    times.set(place, round + 1);
    groups[round] = [...(groups[round] ?? []), i];
  });
  return groups;
}

/** A gather from both tensors together, whose gradient TensorFlow.js has: of several updates of a place the last one stays. */
function replaced(x: Tensor, places: readonly number[], updates: Tensor): Tensor {
  const [rows = 0] = x.shape;
  const sources = range(0, rows);
  places.forEach((place, i) => (sources[place] = rows + i));
  return tf.gather(tf.concat([x, held(updates, x.dtype)], 0), indices(sources));
}

/** The sum of the rows that go to each place. */
export function summedRows(rows: Tensor, places: readonly number[], count: number): Tensor {
  return tf.unsortedSegmentSum(rows, indices(places), count);
}

function oneHot(call: Call): Value {
  const positions = operand(call, 0);
  const depth = requiredArgument(call, 1)[0] ?? 0;
  const values = given(call, 2);
  const axis = axisOf(call, int(call, 'axis', -1), positions.rank + 1);
  const wanted = numbersOf(positions).map((position) => (position < 0 ? position + depth : position));
  const hot = new Float32Array(wanted.length * depth);
  wanted.forEach((position, i) => {
    if (position >= 0 && position < depth) hot[i * depth + position] = 1;
  });
  const last = tf.tensor(hot, [...positions.shape, depth]);
  const order = range(0, positions.rank).toSpliced(axis, 0, positions.rank);
  const chosen = tf.transpose(last, order);
  const [off, on] = tf.split(real(plain(values)), 2);
  if (off === undefined || on === undefined) return fail(call, 'lacks one of its two values');
  const mixed = tf.add(tf.mul(chosen, tf.sub(on, off)), off);
  return valueOf(values.type, held(mixed, values.tensor.dtype));
}

/** Values put back to where a max pooling found them; everything else is 0. */
function maxUnpool(call: Call): Tensor {
  const x = operand(call, 0);
  const kernel = attributeInts(call, 'kernel_shape');
  const strides = attributeInts(call, 'strides');
  const pads = attributeInts(call, 'pads');
  const inferred = kernel.map((size, i) => {
    const around = (pads[i] ?? 0) + (pads[i + kernel.length] ?? 0);
    return ((x.shape[i + 2] ?? 0) - 1) * (strides[i] ?? 1) + size - around;
  });
  const shape = call.inputs[2] == null ? [...x.shape.slice(0, 2), ...inferred] : requiredArgument(call, 2);
  // As in ONNX Runtime indices count in the shape of the output, where one is given.
  const places = numbersOf(operand(call, 1));
  const flat = replaced(tf.zeros([sizeOf(shape), 1]), places, tf.reshape(x, [x.size, 1]));
  return tf.reshape(flat, shape);
}

function attributeInts(call: Call, name: string): readonly number[] {
  const attribute = call.node.attributes.get(name);
  return attribute?.kind === 'ints' ? attribute.value : [];
}
