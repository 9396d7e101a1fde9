import type { NodeContext, Operator, OperatorTable } from '../node-context.js';
import { isNumber, type ListValue, type Size, type TensorValue } from '../value.js';
import { concatenated, split, stacked, unstacked } from './joining.js';

/**
 * Lists of tensors, which loops of TensorFlow 2 read from and write to. Loops are written out, so that each element is a
 * value of its own, and the list needs no form in ONNX.
 */

/** A loop of more turns is not written out, so no list is longer. */
const MOST_ELEMENTS = 4096;

function elementShape(context: NodeContext, index: number): readonly Size[] | null {
  const { known, shape } = context.tensor(index);
  // A single -1 says that even the rank is open.
  if (known === null || shape.length === 0) return null;
  const sizes = known.filter((size): size is Size => size !== null && size !== -1);
  return sizes.length === known.length ? sizes : null;
}

function elementType(context: NodeContext): ListValue['type'] {
  return context.attributes.type('element_dtype') ?? 'float32';
}

function requireLength(context: NodeContext, length: number): number {
  if (length < 0 || length > MOST_ELEMENTS) context.fail(`makes a list of ${length} tensors`);
  return length;
}

const reserve: Operator = (context) => {
  const length = requireLength(context, context.integer(1, 'number of elements'));
  const elements = Array.from({ length }, () => null);
  return [{ kind: 'list', type: elementType(context), shape: elementShape(context, 0), elements }];
};

const empty: Operator = (context) => [
  { kind: 'list', type: elementType(context), shape: elementShape(context, 0), elements: [] },
];

const fromTensor: Operator = (context) => {
  const x = context.tensor(0);
  const elements = unstacked(context, x, 0);
  return [{ kind: 'list', type: x.type, shape: x.shape.slice(1), elements }];
};

function place(context: NodeContext, list: ListValue): number {
  const index = context.integer(1, 'place in a list');
  if (index < 0 || index >= list.elements.length) {
    throw context.broken(`takes place ${index} of a list of ${list.elements.length}`);
  }
  return index;
}

const getItem: Operator = (context) => {
  const list = context.list(0);
  return [element(context, list, place(context, list))];
};

/** An element, or zeros where it was not set. */
function element(context: NodeContext, list: ListValue, index: number): TensorValue {
  const found = list.elements[index] ?? null;
  if (found !== null) return found;
  const shape = list.shape ?? list.elements.find((other) => other !== null)?.shape ?? null;
  if (shape === null || !shape.every(isNumber)) return context.fail('reads an element of a list that was never set');
  const zero = context.number(list.type, 0);
  return context.give('Expand', [zero, context.integerList(shape)], { type: list.type, shape });
}

const setItem: Operator = (context) => {
  const list = context.list(0);
  const index = context.integer(1, 'place in a list');
  requireLength(context, index + 1);
  const length = Math.max(list.elements.length, index + 1);
  const elements = Array.from({ length }, (_, i) => (i === index ? context.tensor(2) : (list.elements[i] ?? null)));
  return [{ ...list, elements }];
};

const pushBack: Operator = (context) => {
  const list = context.list(0);
  requireLength(context, list.elements.length + 1);
  return [{ ...list, elements: [...list.elements, context.tensor(1)] }];
};

const popBack: Operator = (context) => {
  const list = context.list(0);
  if (list.elements.length === 0) throw context.broken('takes an element of an empty list');
  return [{ ...list, elements: list.elements.slice(0, -1) }, element(context, list, list.elements.length - 1)];
};

function all(context: NodeContext, list: ListValue): TensorValue[] {
  return list.elements.map((_, index) => element(context, list, index));
}

const stack: Operator = (context) => [stacked(context, all(context, context.list(0)), 0)];

const concat: Operator = (context) => [concatenated(context, all(context, context.list(0)), 0)];

const gather: Operator = (context) => {
  const list = context.list(0);
  const indices = context.integers(1, 'places in a list');
  if (indices.some((index) => index < 0 || index >= list.elements.length)) {
    throw context.broken(`takes places [${indices.slice(0, 10).join(', ')}] of a list of ${list.elements.length}`);
  }
  return [
    stacked(
      context,
      indices.map((index) => element(context, list, index)),
      0,
    ),
  ];
};

const scatter: Operator = (context) => {
  const x = context.tensor(0);
  const indices = context.integers(1, 'places in a list');
  const wanted = context.node.inputs.length > 3 ? context.integer(3, 'number of elements') : -1;
  const length = requireLength(context, Math.max(wanted, ...indices.map((index) => index + 1)));
  const pieces = unstacked(context, x, 0);
  const elements = Array.from({ length }, (_, i) => pieces[indices.lastIndexOf(i)] ?? null);
  return [{ kind: 'list', type: x.type, shape: x.shape.slice(1), elements }];
};

const splitList: Operator = (context) => {
  const x = context.tensor(0);
  const sizes = context.integers(2, 'lengths');
  requireLength(context, sizes.length);
  return [{ kind: 'list', type: x.type, shape: null, elements: split(context, x, 0, sizes) }];
};

const length: Operator = (context) => [context.emitter.numbers('int32', [], [context.list(0).elements.length])];

const resize: Operator = (context) => {
  const list = context.list(0);
  const wanted = requireLength(context, context.integer(1, 'number of elements'));
  return [{ ...list, elements: Array.from({ length: wanted }, (_, i) => list.elements[i] ?? null) }];
};

export const listOperators: OperatorTable = {
  EmptyTensorList: empty,
  TensorListConcat: concat,
  TensorListConcatV2: concat,
  TensorListFromTensor: fromTensor,
  TensorListGather: gather,
  TensorListGetItem: getItem,
  TensorListLength: length,
  TensorListPopBack: popBack,
  TensorListPushBack: pushBack,
  TensorListReserve: reserve,
  TensorListResize: resize,
  TensorListScatter: scatter,
  TensorListScatterV2: scatter,
  TensorListSetItem: setItem,
  TensorListSplit: splitList,
  TensorListStack: stack,
};
