import type { NodeContext, Operator, OperatorTable } from '../node-context.js';
import { countOf, describeSizes, isNumber, MOST_KNOWN, type Known, type Size, type TensorValue } from '../value.js';
import type { ValueType } from '../types.js';

const gather: Operator = (context) => [gathered(context, context.tensor(0), context.tensor(1), 0)];

const gatherV2: Operator = (context) => {
  const [x, indices] = [context.tensor(0), context.tensor(1)];
  const axis = context.axis(context.integer(2, 'axis'), x.shape.length);
  const shared = context.attributes.int('batch_dims') ?? 0;
  const batch = shared < 0 ? shared + indices.shape.length : shared;
  return [batch === 0 ? gathered(context, x, indices, axis) : gatheredInBatch(context, x, indices, axis, batch)];
};

/** Chosen places of an axis, in whose stead the axes of the indices stand. */
export function gathered(context: NodeContext, x: TensorValue, indices: TensorValue, axis: number): TensorValue {
  const { emitter } = context;
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  const known = axis === 0 ? knownRows(x, indices) : null;
  if (known?.every(isNumber) && shape.every(isNumber)) return emitter.numbers(x.type, shape, known);
  const rows = unwrapped(context.cast(indices, 'int32'), x.shape[axis]);
  const inputs = [emitter.plainName(x), emitter.plainName(rows)];
  return { ...context.give('Gather', inputs, { type: x.type, shape }, { axis }), known };
}

/**
 * Keras counts negative indices from the end: where(i < 0, i + size, i). So does ONNX by itself, and what chooses the rows of
 * a table is then the tokens themselves.
 */
function unwrapped(indices: TensorValue, size: Size | undefined): TensorValue {
  const [condition, wrapped, plain] = indices.origin?.op === 'Where' ? indices.origin.operands : [];
  const [compared, zero] = condition?.origin?.op === 'Less' ? condition.origin.operands : [];
  const [added, offset] = wrapped?.origin?.op === 'Add' ? wrapped.origin.operands : [];
  if (plain === undefined || !isSame(compared, plain) || !isSame(added, plain)) return indices;
  return zero?.known?.join() === '0' && offset?.known?.length === 1 && offset.known[0] === size ? plain : indices;
}

function isSame(a: TensorValue | undefined, b: TensorValue): boolean {
  return a !== undefined && 'value' in a.source && 'value' in b.source && a.source.value === b.source.value;
}

function knownRows(x: TensorValue, indices: TensorValue): Known | null {
  const rows = countOf(x.shape.slice(1));
  const { known } = x;
  if (known === null || rows === null || indices.known === null || indices.known.length * rows > MOST_KNOWN)
    return null;
  return indices.known.flatMap((index) =>
    Array.from({ length: rows }, (_, i) => (isNumber(index) ? (known[index * rows + i] ?? null) : null)),
  );
}

/** Each sample by indices of its own, along the first axis that they do not share. */
function gatheredInBatch(
  context: NodeContext,
  x: TensorValue,
  indices: TensorValue,
  axis: number,
  batch: number,
): TensorValue {
  if (axis !== batch) context.fail(`gathers along axis ${axis} with ${batch} axes in common`);
  const one = context.step('Unsqueeze', [context.int64(indices), context.integerList([-1])]);
  const shape = [...indices.shape, ...x.shape.slice(axis + 1)];
  return context.give('GatherND', [context.emitter.plainName(x), one], { type: x.type, shape }, { batch_dims: batch });
}

/** Indices are [..., depth]: each row of them chooses a place along the first `depth` axes. */
const gatherNd: Operator = (context) => {
  const [x, indices] = [context.tensor(0), context.tensor(1)];
  const depth = indices.shape.at(-1);
  if (!isNumber(depth)) return context.fail('has indices whose depth is computed');
  if (depth > x.shape.length) throw context.broken(`takes ${depth} indices into ${describeSizes(x.shape)}`);
  const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(depth)];
  return [context.give('GatherND', [context.emitter.plainName(x), context.int64(indices)], { type: x.type, shape })];
};

/** Sums of rows at their places, in zeros of the given shape. */
const scatterNd: Operator = (context) => {
  const [indices, values, sizes] = [context.tensor(0), context.tensor(1), context.tensor(2)];
  const { known } = sizes;
  if (known === null) return context.fail('takes the shape of its result from a computation');
  const shape = known.map((size) => size ?? context.unknownSize());
  const zeros = context.step('Expand', [context.number(values.type, 0), context.int64(sizes)]);
  const inputs = [zeros, context.int64(indices), context.emitter.plainName(values)];
  return [context.give('ScatterND', inputs, { type: values.type, shape }, { reduction: 'add' })];
};

const tensorScatterUpdate: Operator = (context) => {
  const [x, indices, values] = [context.tensor(0), context.tensor(1), context.tensor(2)];
  const inputs = [context.emitter.plainName(x), context.int64(indices), context.emitter.plainName(values)];
  return [context.give('ScatterND', inputs, { type: x.type, shape: x.shape })];
};

const topK: Operator = (context) => {
  const { emitter } = context;
  const x = context.tensor(0);
  const k = context.integer(1, 'number of largest');
  const size = x.shape.at(-1);
  if (k < 0 || (isNumber(size) && k > size)) throw context.broken(`takes the ${k} largest of ${String(size)}`);
  const shape = [...x.shape.slice(0, -1), k];
  const sorted = context.attributes.bool('sorted') === false ? 0 : 1;
  const [values = '', places = ''] = emitter.steps('TopK', [emitter.plainName(x), context.integerList([k])], 2, {
    sorted,
  });
  return [emitter.value(values, { type: x.type, shape }), context.int32(places, { shape })];
};

const oneHot: Operator = (context) => {
  const { emitter, attributes } = context;
  const [indices, on, off] = [context.tensor(0), context.tensor(2), context.tensor(3)];
  const depth = context.integer(1, 'depth');
  const given = attributes.int('axis') ?? -1;
  const axis = context.axis(given, indices.shape.length + 1);
  const type: ValueType = attributes.type('T') ?? on.type;
  const flat = (value: TensorValue): string =>
    context.step('Reshape', [emitter.plainName(context.cast(value, type)), context.integerList([1])]);
  const values = context.step('Concat', [flat(off), flat(on)], { axis: 0 });
  const shape: Size[] = [...indices.shape.slice(0, axis), depth, ...indices.shape.slice(axis)];
  const inputs = [context.int64(indices), context.integerList([depth]), values];
  return [context.give('OneHot', inputs, { type, shape }, { axis })];
};

export const indexingOperators: OperatorTable = {
  Gather: gather,
  GatherNd: gatherNd,
  GatherV2: gatherV2,
  OneHot: oneHot,
  ScatterNd: scatterNd,
  TensorScatterUpdate: tensorScatterUpdate,
  TopKV2: topK,
};
