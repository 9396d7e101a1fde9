import type { NodeContext, Operator, OperatorTable } from '../node-context.js';
import { wider } from '../types.js';
import { describeSizes, isNumber, type Known, type Size, type TensorValue } from '../value.js';
import { squeezed, unsqueezed } from './shape.js';

/** Side by side along an axis. */
export function concatenated(context: NodeContext, given: readonly TensorValue[], axis: number): TensorValue {
  const { emitter } = context;
  const type = given.map((value) => value.type).reduce(wider);
  const values = given.map((value) => context.cast(value, type));
  const [first] = values;
  if (first === undefined) throw context.broken('joins nothing');
  if (values.length === 1) return first;
  const rank = first.shape.length;
  if (values.some((value) => value.shape.length !== rank)) {
    throw context.broken(`joins the shapes ${values.map(({ shape }) => describeSizes(shape)).join(' and ')}`);
  }
  const shape = first.shape.map((size, i) =>
    i === axis ? total(context, values, axis) : agreed(context, values, i, size),
  );
  const known = rank === 1 ? joinedKnown(values) : null;
  if (known?.every(isNumber)) return emitter.numbers(type, [known.length], known);
  const layout = values.some((value) => value.layout === 'channels-first') ? 'channels-first' : 'plain';
  const laid = values.map((value) => emitter.in(layout, value));
  const place = emitter.axisOf({ ...first, layout }, axis);
  return {
    ...context.give(
      'Concat',
      laid.map((value) => emitter.nameOf(value)),
      { type, shape, layout },
      { axis: place },
    ),
    known,
  };
}

function total(context: NodeContext, values: readonly TensorValue[], axis: number): Size {
  const sizes = values.map(({ shape }) => shape[axis] ?? 1);
  return sizes.every(isNumber) ? sizes.reduce((a, b) => a + b, 0) : context.unknownSize();
}

/** The size that all have along an axis that they are not joined along. */
function agreed(context: NodeContext, values: readonly TensorValue[], axis: number, size: Size): Size {
  const sizes = values.map(({ shape }) => shape[axis] ?? 1);
  const numbers = [...new Set(sizes.filter(isNumber))];
  if (numbers.length > 1) {
    throw context.broken(`joins the shapes ${values.map(({ shape }) => describeSizes(shape)).join(' and ')}`);
  }
  return numbers[0] ?? size;
}

function joinedKnown(values: readonly TensorValue[]): Known | null {
  return values.every(({ known }) => known !== null) ? values.flatMap(({ known }) => known ?? []) : null;
}

const concatV2: Operator = (context) => {
  const values = context.tensors(0, -1);
  const rank = values[0]?.shape.length ?? 0;
  return [concatenated(context, values, context.axis(context.integer(-1, 'axis'), rank))];
};

const concat: Operator = (context) => {
  const values = context.tensors(1);
  const rank = values[0]?.shape.length ?? 0;
  return [concatenated(context, values, context.axis(context.integer(0, 'axis'), rank))];
};

const pack: Operator = (context) => {
  const values = context.tensors();
  return [stacked(context, values, context.attributes.int('axis') ?? 0)];
};

/** Side by side along an axis of their own. */
export function stacked(context: NodeContext, values: readonly TensorValue[], along: number): TensorValue {
  const [first] = values;
  if (first === undefined) throw context.broken('joins nothing');
  const axis = context.axis(along, first.shape.length + 1);
  const known = first.shape.length === 0 ? joinedKnown(values) : null;
  if (known?.every(isNumber)) return context.emitter.numbers(first.type, [known.length], known);
  const lifted = values.map((value) => unsqueezed(context, value, axis));
  return { ...concatenated(context, lifted, axis), known };
}

/** Pieces along an axis, of given sizes. */
export function split(context: NodeContext, x: TensorValue, axis: number, sizes: readonly Size[]): TensorValue[] {
  const { emitter } = context;
  if (sizes.length === 1) return [x];
  const shapes = sizes.map((size) => x.shape.map((own, i) => (i === axis ? size : own)));
  const place = emitter.axisOf(x, axis);
  const names = sizes.every(isNumber)
    ? emitter.steps('Split', [emitter.nameOf(x), context.integerList(sizes)], sizes.length, { axis: place })
    : emitter.steps('Split', [emitter.nameOf(x)], sizes.length, { axis: place, num_outputs: sizes.length });
  return names.map((name, i) => emitter.value(name, { type: x.type, shape: shapes[i] ?? x.shape, layout: x.layout }));
}

/** More pieces are no network. */
const MOST_PIECES = 10_000;

const splitEvenly: Operator = (context) => {
  const x = context.tensor(1);
  const axis = context.axis(context.integer(0, 'axis'), x.shape.length);
  const count = context.attributes.int('num_split') ?? 1;
  const size = x.shape[axis] ?? 1;
  if (count < 1 || count > MOST_PIECES || (isNumber(size) && size % count !== 0)) {
    throw context.broken(`splits an axis of ${String(size)} into ${count}`);
  }
  const piece = isNumber(size) ? size / count : context.unknownSize();
  return split(
    context,
    x,
    axis,
    Array.from({ length: count }, () => piece),
  );
};

const splitBySizes: Operator = (context) => {
  const x = context.tensor(0);
  const axis = context.axis(context.integer(2, 'axis'), x.shape.length);
  const given = context.integers(1, 'sizes');
  const whole = x.shape[axis] ?? 1;
  const rest = given.reduce((sum, size) => sum + Math.max(size, 0), 0);
  const sizes = given.map((size) => (size === -1 && isNumber(whole) ? whole - rest : size));
  const sum = sizes.reduce((a, b) => a + b, 0);
  if (given.length > MOST_PIECES || sizes.some((size) => size < 0) || (isNumber(whole) && sum !== whole)) {
    throw context.broken(`splits an axis of ${String(whole)} into [${given.slice(0, 10).join(', ')}]`);
  }
  return split(context, x, axis, sizes);
};

const unpack: Operator = (context) => {
  const x = context.tensor(0);
  const axis = context.axis(context.attributes.int('axis') ?? 0, x.shape.length);
  return unstacked(context, x, axis);
};

/** The pieces of size 1 along an axis, without it. */
export function unstacked(context: NodeContext, x: TensorValue, axis: number): TensorValue[] {
  const count = x.shape[axis] ?? 1;
  if (!isNumber(count)) return context.fail('takes apart an axis whose size is computed');
  if (count > MOST_PIECES) throw context.broken(`takes an axis of ${count} apart`);
  const { known } = x;
  if (known !== null && x.shape.length === 1) return known.map((element, place) => scalar(context, x, element, place));
  const pieces = split(
    context,
    x,
    axis,
    Array.from({ length: count }, () => 1),
  );
  return pieces.map((piece) => squeezed(context, piece, [axis]));
}

function scalar(context: NodeContext, list: TensorValue, element: Size | null, place: number): TensorValue {
  const { emitter } = context;
  if (isNumber(element)) return emitter.numbers(list.type, [], [element]);
  const index = emitter.nameOf(emitter.numbers('int32', [], [place]));
  const name = context.step('Gather', [emitter.plainName(list), index], { axis: 0 });
  return { ...emitter.value(name, { type: list.type, shape: [] }), known: [element] };
}

export const joiningOperators: OperatorTable = {
  Concat: concat,
  ConcatV2: concatV2,
  Pack: pack,
  Split: splitEvenly,
  SplitV: splitBySizes,
  Unpack: unpack,
};
