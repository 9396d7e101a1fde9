import type { NodeContext, Operator, OperatorTable } from '../node-context.js';
import { castNumber } from '../node-context.js';
import { isNumber, type Layout, type Known, type Size, type TensorValue } from '../value.js';
import type { ValueType } from '../types.js';

/** The reduction of ONNX, and how it treats the elements that are known. */
interface Reduction {
  readonly op: string;
  /** Sums of booleans are counts, means are real. */
  readonly takes?: ValueType;
  readonly join?: (a: number, b: number) => number;
}

/** Which axes are left, in which order and layout; null where they would be left in an order that nothing else has. */
interface Left {
  readonly shape: readonly Size[];
  readonly layout: Layout;
}

function reduce({ op, takes, join }: Reduction): Operator {
  return (context) => {
    const given = context.tensor(0);
    const type = takes ?? (given.type === 'bool' ? 'int32' : given.type);
    const x = context.cast(given, type);
    const axes = reducedAxes(context, x);
    return [axes.length === 0 ? x : reduced(context, x, axes, { op, ...(join === undefined ? {} : { join }) })];
  };
}

function reduced(context: NodeContext, x: TensorValue, axes: readonly number[], { op, join }: Reduction): TensorValue {
  const keeps = context.attributes.bool('keep_dims') ?? false;
  const known = join === undefined ? null : knownTotal(x, axes, join);
  const shape = shapeWithout(x.shape, axes, keeps);
  if (known?.every(isNumber) && shape.every(isNumber)) return context.emitter.numbers(x.type, shape, known);
  const { source, layout } = settled(context, x, axes, keeps);
  const places = axes.map((axis) => context.emitter.axisOf(source, axis)).sort((a, b) => a - b);
  const inputs = [context.emitter.nameOf(source), context.integerList(places)];
  return context.give(op, inputs, { type: x.type, shape, layout }, { keepdims: keeps ? 1 : 0 });
}

function reducedAxes(context: NodeContext, x: TensorValue): number[] {
  const axes = context.integers(1, 'axes').map((axis) => context.axis(axis, x.shape.length));
  return [...new Set(axes)].sort((a, b) => a - b);
}

export function shapeWithout(shape: readonly Size[], axes: readonly number[], keeps: boolean): Size[] {
  return keeps
    ? shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/**
 * The value in a layout that what is left of it has too. With channels first, [n, h, w, c] without h and w is [n, c] in its
 * order; without h alone it is an image with its channels first again.
 */
export function settled(
  context: NodeContext,
  x: TensorValue,
  axes: readonly number[],
  keeps: boolean,
): Pick<Left, 'layout'> & { readonly source: TensorValue } {
  if (x.layout === 'plain' || keeps) return { source: x, layout: x.layout };
  const left = context.emitter.orderOf(x).filter((axis) => !axes.includes(axis));
  if (left.every((axis, i) => i === 0 || axis > (left[i - 1] ?? -1))) return { source: x, layout: 'plain' };
  const rank = x.shape.length;
  const isImage = left.includes(0) && left.includes(rank - 1);
  return isImage ? { source: x, layout: 'channels-first' } : { source: context.emitter.plain(x), layout: 'plain' };
}

/** Of lists and of tensors that are reduced to one number. */
function knownTotal(x: TensorValue, axes: readonly number[], join: (a: number, b: number) => number): Known | null {
  if (axes.length !== x.shape.length || x.known === null || x.known.length === 0) return null;
  const [first = null, ...others] = x.known;
  const total = others.reduce<Size | null>((a, b) => {
    if (isNumber(a) && isNumber(b)) return castNumber(join(a, b), x.type);
    return null;
  }, first);
  return [total];
}

/** A truth about all or some of many is the smallest or largest of numbers. */
function quantifier(op: string): Operator {
  return (context) => {
    const x = context.cast(context.cast(context.tensor(0), 'bool'), 'int32');
    const axes = reducedAxes(context, x);
    if (axes.length === 0) return [context.cast(x, 'bool')];
    return [context.cast(reduced(context, x, axes, { op }), 'bool')];
  };
}

function extremeIndex(op: string): Operator {
  return (context) => {
    const { emitter } = context;
    const x = context.cast(context.tensor(0), context.tensor(0).type === 'bool' ? 'int32' : context.tensor(0).type);
    const axis = context.axis(context.integer(1, 'axis'), x.shape.length);
    const { source, layout } = settled(context, x, [axis], false);
    const found = context.step(op, [emitter.nameOf(source)], { axis: emitter.axisOf(source, axis), keepdims: 0 });
    return [context.int32(found, { shape: shapeWithout(x.shape, [axis], false), layout })];
  };
}

const cumsum: Operator = (context) => {
  const { emitter, attributes } = context;
  const x = context.tensor(0);
  const axis = context.axis(context.integer(1, 'axis'), x.shape.length);
  const inputs = [emitter.nameOf(x), emitter.nameOf(emitter.numbers('int32', [], [emitter.axisOf(x, axis)]))];
  return [
    context.give('CumSum', inputs, x, {
      exclusive: attributes.bool('exclusive') === true ? 1 : 0,
      reverse: attributes.bool('reverse') === true ? 1 : 0,
    }),
  ];
};

export const reductionOperators: OperatorTable = {
  All: quantifier('ReduceMin'),
  Any: quantifier('ReduceMax'),
  ArgMax: extremeIndex('ArgMax'),
  ArgMin: extremeIndex('ArgMin'),
  Cumsum: cumsum,
  EuclideanNorm: reduce({ op: 'ReduceL2', takes: 'float32' }),
  Max: reduce({ op: 'ReduceMax', join: Math.max }),
  Mean: reduce({ op: 'ReduceMean', takes: 'float32' }),
  Min: reduce({ op: 'ReduceMin', join: Math.min }),
  Prod: reduce({ op: 'ReduceProd', join: (a, b) => a * b }),
  Sum: reduce({ op: 'ReduceSum', join: (a, b) => a + b }),
};
