import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '#base/tensor';
import { elementTypeOf } from '../../onnx/graph/element-type.js';
import type { ElementType } from '../../onnx/graph/ir.js';
import { axisOf, fail, given, int, operand, requiredArgument, type Call, type OperatorTable } from '../operator.js';
import { constantValue, integers, numbersIn, numbersOf, plain, range, valueOf, type Value } from '../value.js';
import { takeAlong } from './indexing.js';
import { unravel } from './selection.js';

/** Operators that make numbers of nothing but sizes, and those that tell where something is. */
export const generatorOperators: OperatorTable = {
  Constant: (call) => constant(call),
  ConstantOfShape: (call) => constantOfShape(call),
  Range: (call) => numberRange(call),
  EyeLike: (call) => identityLike(call),
  ArgMax: (call) => extremePlace(call, (x, axis) => tf.argMax(x, axis)),
  ArgMin: (call) => extremePlace(call, (x, axis) => tf.argMin(x, axis)),
  TopK: (call) => largest(call),
  NonZero: (call) => nonZero(call),
  Unique: (call) => unique(call),
};

function constant(call: Call): Value {
  for (const [name, attribute] of call.node.attributes) {
    if (attribute.kind === 'tensor') return constantValue(attribute.value);
    if (attribute.kind === 'float') return valueOf('float32', numbersIn('float32', [], [attribute.value]));
    if (attribute.kind === 'int') return valueOf('int64', integers([], [attribute.value]));
    if (attribute.kind === 'floats')
      return valueOf('float32', numbersIn('float32', [attribute.value.length], attribute.value));
    if (attribute.kind === 'ints') return valueOf('int64', integers([attribute.value.length], attribute.value));
    fail(call, `holds its \`${name}\` in a form that the tfjs engine does not compute with`);
  }
  return fail(call, 'has no value');
}

function constantOfShape(call: Call): Value {
  const attribute = call.node.attributes.get('value');
  const value =
    attribute?.kind === 'tensor' ? constantValue(attribute.value) : valueOf('float32', numbersIn('float32', [], [0]));
  const shape = requiredArgument(call, 0);
  return valueOf(
    value.type,
    numbersIn(
      value.type,
      shape,
      Array.from({ length: sizeOf(shape) }, () => numbersOf(value.tensor)[0] ?? 0),
    ),
  );
}

function numberRange(call: Call): Value {
  const { type } = given(call, 0);
  const [start = 0, limit = 0, delta = 1] = [0, 1, 2].map((i) => requiredArgument(call, i)[0] ?? 0);
  const count = Math.max(Math.ceil((limit - start) / delta), 0);
  return valueOf(
    type,
    numbersIn(
      type,
      [count],
      range(0, count).map((i) => start + i * delta),
    ),
  );
}

function identityLike(call: Call): Value {
  const value = given(call, 0);
  const [rows = 0, columns = 0] = plain(value).shape;
  const type: ElementType = call.node.attributes.has('dtype') ? elementTypeOf(int(call, 'dtype', 1)) : value.type;
  const diagonal = int(call, 'k', 0);
  const numbers = range(0, rows * columns).map((i) => (i % columns === Math.floor(i / columns) + diagonal ? 1 : 0));
  return valueOf(type, numbersIn(type, [rows, columns], numbers));
}

function extremePlace(call: Call, find: (x: Tensor, axis: number) => Tensor): Value {
  const x = operand(call, 0);
  const axis = axisOf(call, int(call, 'axis', 0), x.rank);
  const isLast = int(call, 'select_last_index', 0) === 1;
  const found = find(isLast ? tf.reverse(x, axis) : x, axis);
  const place = isLast ? tf.sub(tf.scalar((x.shape[axis] ?? 1) - 1, 'int32'), found) : found;
  const kept = int(call, 'keepdims', 1) === 1 ? tf.expandDims(place, axis) : place;
  return valueOf('int64', tf.cast(kept, 'int32'));
}

/** The largest or smallest values of an axis, of equal ones the first. */
function largest(call: Call): Value[] {
  const { type } = given(call, 0);
  const x = operand(call, 0);
  const axis = axisOf(call, int(call, 'axis', -1), x.rank);
  const count = requiredArgument(call, 1)[0] ?? 0;
  const sign = int(call, 'largest', 1) === 1 ? 1 : -1;
  const shape = x.shape.with(axis, count);
  const positions = new Array<number>(sizeOf(shape));
  const [size, inner] = [x.shape[axis] ?? 0, sizeOf(x.shape.slice(axis + 1))];
  if (count > size) fail(call, `takes the first ${count} of ${size}`);
  const data = numbersOf(x);
  const at = (line: number, place: number, length: number): number =>
    (Math.floor(line / inner) * length + place) * inner + (line % inner);
  for (let line = 0; line < sizeOf(x.shape) / Math.max(size, 1); line++) {
    const value = (place: number): number => sign * (data[at(line, place, size)] ?? 0);
    const order = range(0, size).sort((a, b) => value(b) - value(a) || a - b);
    for (let i = 0; i < count; i++) positions[at(line, i, count)] = order[i] ?? 0;
  }
  return [valueOf(type, takeAlong(x, positions, shape, axis)), valueOf('int64', integers(shape, positions))];
}

function nonZero(call: Call): Value {
  const x = operand(call, 0);
  const places = numbersOf(x).flatMap((value, i) => (value === 0 ? [] : [unravel(i, x.shape)]));
  const rows = range(0, Math.max(x.rank, 1)).flatMap((axis) => places.map((place) => place[axis] ?? 0));
  return valueOf('int64', integers([Math.max(x.rank, 1), places.length], rows));
}

/** Elements, or slices of an axis, that differ, in the order of their values or of their first places. */
function unique(call: Call): Value[] {
  const { type } = given(call, 0);
  const whole = operand(call, 0);
  const isFlat = !call.node.attributes.has('axis');
  const x = isFlat ? tf.reshape(whole, [whole.size]) : whole;
  const axis = axisOf(call, int(call, 'axis', 0), x.rank);
  const count = x.shape[axis] ?? 0;
  const slices = tf.unstack(x, axis).map(numbersOf);
  const firsts = range(0, count).filter((i) => slices.findIndex((slice) => isEqual(slice, slices[i] ?? [])) === i);
  const order =
    int(call, 'sorted', 1) === 1 ? firsts.toSorted((a, b) => compare(slices[a] ?? [], slices[b] ?? [])) : firsts;
  const inverse = slices.map((slice) => order.findIndex((first) => isEqual(slices[first] ?? [], slice)));
  const counts = order.map((_, i) => inverse.filter((place) => place === i).length);
  return [
    valueOf(type, tf.gather(x, tf.tensor1d(order, 'int32'), axis)),
    ...[order, inverse, counts].map((numbers) => valueOf('int64', integers([numbers.length], numbers))),
  ];
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.every((value, i) => value === b[i]);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((value, i) => value !== b[i]);
  return differing < 0 ? 0 : (a[differing] ?? 0) - (b[differing] ?? 0);
}
