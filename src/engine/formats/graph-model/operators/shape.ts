import { broadcastShape, knownElements } from '../broadcast.js';
import { isSameOrder, toChannelsFirst, toChannelsLast } from '../layout.js';
import type { NodeContext, Operator, OperatorTable } from '../node-context.js';
import { reshape } from '../reshape.js';
import { countOf, isNumber, MOST_KNOWN, type Size, type TensorValue } from '../value.js';
import { settled } from './reduction.js';

const shapeOf: Operator = (context) => [sizesOf(context, context.tensor(0))];

/** The shape of a value, in TensorFlow's order, as int32. */
export function sizesOf(context: NodeContext, x: TensorValue): TensorValue {
  const { emitter } = context;
  const rank = x.shape.length;
  if (x.shape.every(isNumber)) return emitter.numbers('int32', [rank], x.shape);
  const asItLies = context.step('Shape', [emitter.nameOf(x)]);
  const order = emitter.orderOf(x);
  const places = order.map((_, axis) => order.indexOf(axis));
  const sizes = x.layout === 'plain' ? asItLies : context.step('Gather', [asItLies, context.integerList(places)]);
  return { ...context.int32(sizes, { shape: [rank] }), known: x.shape };
}

const size: Operator = (context) => {
  const x = context.tensor(0);
  const count = countOf(x.shape);
  if (count !== null) return [context.emitter.numbers('int32', [], [count])];
  return [context.int32(context.step('Size', [context.emitter.nameOf(x)]), { shape: [] })];
};

const rank: Operator = (context) => [context.emitter.numbers('int32', [], [context.tensor(0).shape.length])];

const reshapeTo: Operator = (context) => {
  const [x, wanted] = [context.tensor(0), context.tensor(1)];
  return [reshape(context, x, targetOf(context, wanted), () => context.int64(wanted))];
};

/** A shape that is given as a tensor. */
function targetOf(context: NodeContext, wanted: TensorValue): readonly (Size | null)[] {
  if (wanted.known !== null) return wanted.known;
  const [length] = wanted.shape;
  if (wanted.shape.length !== 1 || !isNumber(length) || length > 32)
    return context.fail('takes a rank from a computation');
  return Array.from({ length }, () => null);
}

const expandDims: Operator = (context) => {
  const x = context.tensor(0);
  const axis = context.axis(context.integer(1, 'axis'), x.shape.length + 1);
  const { unfolded } = x;
  const result = unsqueezed(context, x, axis);
  // A sequence becomes an image of height 1, which has no blocks along that axis.
  if (unfolded === undefined || axis !== 1) return [result];
  const { source, block, pads } = unfolded;
  const image = { source: unsqueezed(context, source, 1), block: [1, ...block], pads: [[0, 0] as const, ...pads] };
  return [{ ...result, unfolded: image }];
};

/** An axis of size 1 more. An image that becomes one with another spatial axis keeps its channels first. */
export function unsqueezed(context: NodeContext, x: TensorValue, axis: number): TensorValue {
  const { emitter } = context;
  const shape = [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)];
  const known = x.known;
  const stays = x.layout === 'plain' || (axis >= 1 && axis < x.shape.length);
  const source = stays ? x : emitter.plain(x);
  if ('constant' in source.source && source.layout === 'plain') return reshape(context, x, shape, null);
  const place = source.layout === 'plain' ? axis : axis + 1;
  const facts = { type: x.type, shape, layout: source.layout };
  return { ...context.give('Unsqueeze', [emitter.nameOf(source), context.integerList([place])], facts), known };
}

const squeeze: Operator = (context) => {
  const x = context.tensor(0);
  const given = context.attributes.ints('squeeze_dims') ?? context.attributes.ints('axis') ?? [];
  const axes = given.map((axis) => context.axis(axis, x.shape.length));
  const ones = x.shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
  const gone = axes.length > 0 ? [...new Set(axes)] : ones;
  const wrong = gone.find((axis) => isNumber(x.shape[axis]) && x.shape[axis] !== 1);
  if (wrong !== undefined) throw context.broken(`takes away axis ${wrong}, which has ${String(x.shape[wrong])} places`);
  const { unfolded } = x;
  const result = squeezed(context, x, gone);
  if (unfolded?.block[0] !== 1 || gone.join() !== '1') return [result];
  const { source, block, pads } = unfolded;
  const sequence = { source: squeezed(context, source, gone), block: block.slice(1), pads: pads.slice(1) };
  return [{ ...result, unfolded: sequence }];
};

export function squeezed(context: NodeContext, x: TensorValue, axes: readonly number[]): TensorValue {
  const { emitter } = context;
  if (axes.length === 0) return x;
  const shape = x.shape.filter((_, axis) => !axes.includes(axis));
  const { source, layout } = settled(context, x, axes, false);
  if ('constant' in source.source && source.layout === 'plain') return reshape(context, x, shape, null);
  const places = axes.map((axis) => emitter.axisOf(source, axis)).sort((a, b) => a - b);
  const inputs = [emitter.nameOf(source), context.integerList(places)];
  return { ...context.give('Squeeze', inputs, { type: x.type, shape, layout }), known: x.known };
}

/** Larger constants are turned when the graph is prepared: here a chain of nodes would turn them again and again. */
const FOLDED_BYTES = 2 ** 12;

/** Between the two layouts of images nothing moves: what is asked for lies there already. */
const transpose: Operator = (context) => {
  const { emitter } = context;
  const x = context.tensor(0);
  const rank = x.shape.length;
  const given = context.node.inputs.length > 1 ? context.integers(1, 'order of axes') : [];
  const order =
    given.length > 0 ? given.map((axis) => context.axis(axis, rank)) : x.shape.map((_, axis) => rank - 1 - axis);
  if (order.length !== rank || new Set(order).size !== rank)
    throw context.broken(`puts axes in the order ${order.join(', ')}`);
  const shape = order.map((axis) => x.shape[axis] ?? 1);
  if (order.every((axis, i) => axis === i)) return [x];
  const bare = { ...bareOf(x), shape, known: null };
  if (rank > 2 && x.layout === 'channels-first' && isSameOrder(order, toChannelsFirst(rank)))
    return [{ ...bare, layout: 'plain' }];
  const isConstant = 'constant' in x.source && x.source.constant.bytes.length <= FOLDED_BYTES;
  if (rank > 2 && x.layout === 'plain' && 'value' in x.source && isSameOrder(order, toChannelsLast(rank))) {
    return [{ ...bare, layout: 'channels-first' }];
  }
  // From where each axis lies to where it is wanted.
  const lies = emitter.orderOf(x);
  const places = order.map((axis) => lies.indexOf(axis));
  if (isConstant) return [{ ...emitter.turned(bareOf(x), places, 'plain'), shape, known: null }];
  return [context.give('Transpose', [emitter.nameOf(x)], { type: x.type, shape }, { perm: places })];
};

/** A value without what was known of how it came about. */
export function bareOf({ kind, type, shape, layout, source, known }: TensorValue): TensorValue {
  return { kind, type, shape, layout, source, known };
}

const broadcastTo: Operator = (context) => {
  const { emitter } = context;
  const [x, wanted] = [context.tensor(0), context.tensor(1)];
  const target = targetOf(context, wanted).map((size) => size ?? context.unknownSize());
  const shape = broadcastShape(context, [x.shape, target]);
  const known = knownElements([x], shape, (element) => element);
  if (known?.every(isNumber) && shape.every(isNumber)) return [emitter.numbers(x.type, shape, known)];
  const sizes = target.every(isNumber) ? context.integerList(target) : context.int64(wanted);
  return [context.give('Expand', [emitter.plainName(x), sizes], { type: x.type, shape })];
};

/** The shape that two shapes are stretched to. */
const broadcastArgs: Operator = (context) => {
  const shapes = [context.tensor(0), context.tensor(1)].map(({ known }) => known ?? []);
  const sizes = shapes.map((shape) => shape.filter((element) => element !== null));
  if (sizes.some((list, i) => list.length !== shapes[i]?.length)) return context.fail('joins shapes that are computed');
  const shape = broadcastShape(context, sizes);
  if (!shape.every(isNumber)) return context.fail('joins shapes that are computed');
  return [context.emitter.numbers('int32', [shape.length], shape)];
};

const tile: Operator = (context) => {
  const { emitter } = context;
  const x = context.tensor(0);
  const times = context.integers(1, 'repetitions');
  if (times.length !== x.shape.length || times.some((count) => count < 0)) {
    throw context.broken(`repeats a tensor of rank ${x.shape.length} [${times.join(', ')}] times`);
  }
  const shape = x.shape.map((size, axis) => repeated(context, size, times[axis] ?? 1));
  const known = tiled(x, shape);
  if (known?.every(isNumber) && shape.every(isNumber)) return [emitter.numbers(x.type, shape, known)];
  const laid = emitter.orderOf(x).map((axis) => times[axis] ?? 1);
  return [
    context.give('Tile', [emitter.nameOf(x), context.integerList(laid)], { type: x.type, shape, layout: x.layout }),
  ];
};

function repeated(context: NodeContext, size: Size, times: number): Size {
  if (times === 1) return size;
  return isNumber(size) ? size * times : context.unknownSize();
}

/** Of a list or a number. */
function tiled(x: TensorValue, shape: readonly Size[]): TensorValue['known'] {
  const count = countOf(shape);
  if (x.known === null || x.shape.length > 1 || count === null || count > MOST_KNOWN) return null;
  return Array.from({ length: count }, (_, i) => x.known?.[i % Math.max(x.known.length, 1)] ?? null);
}

const ensureShape: Operator = (context) => [context.tensor(0)];

export const shapeOperators: OperatorTable = {
  BroadcastArgs: broadcastArgs,
  BroadcastTo: broadcastTo,
  EnsureShape: ensureShape,
  ExpandDims: expandDims,
  Rank: rank,
  Reshape: reshapeTo,
  Shape: shapeOf,
  ShapeN: (context) => context.tensors().map((value) => sizesOf(context, value)),
  Size: size,
  Squeeze: squeeze,
  Tile: tile,
  Transpose: transpose,
};
