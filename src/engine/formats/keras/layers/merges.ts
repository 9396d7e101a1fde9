import { asReal, tensorsOf, type Argument, type Call, type Layer, type Lowering } from '../lowering/layer.js';
import { axisOf, physicalAxis, plainValue, rankOf, type Size, type Value } from '../lowering/value.js';

/** What is put together has to lie alike: as images do where one of several axes does, else as Keras has it. */
function alike(layer: Layer, values: readonly Value[]): Value[] {
  const ranks = new Set(values.map(rankOf));
  const isImage = ranks.size === 1 && values.some(({ layout }) => layout === 'channels-first');
  return values.map((value) => (isImage ? layer.layouts.channelsFirst(value) : layer.layouts.plain(value)));
}

/** Values of fewer axes get some of size one behind the batch, as merge layers of Keras broadcast. */
function ofOneRank(layer: Layer, values: readonly Value[]): Value[] {
  const rank = Math.max(...values.map(rankOf));
  return alike(layer, values).map((value) => {
    const missing = rank - rankOf(value);
    // A number has no axes at all.
    if (missing === 0 || rankOf(value) === 0) return value;
    const axes = Array.from({ length: missing }, (_, i) => i + 1);
    const [batch = null, ...rest] = value.shape;
    const name = layer.graph.node('Unsqueeze', [value.name, layer.graph.integers(axes)]);
    return { ...value, name, shape: [batch, ...axes.map(() => 1), ...rest] };
  });
}

function merge(combine: (layer: Layer, names: readonly string[]) => string, least = 1): Lowering {
  return (layer, call) => {
    const given = operandsOf(layer, call);
    if (given.length < least) return layer.broken(`takes ${least} inputs and is called with ${given.length}`);
    const values = ofOneRank(layer, given);
    const [first, ...others] = values;
    if (first === undefined) return layer.broken('is called without an input');
    const name = combine(
      layer,
      values.map((value) => value.name),
    );
    return { ...first, name, shape: broadcast(values), mask: masks(layer, [first, ...others]) };
  };
}

/** Tensors as real numbers; numbers among them, as operations of Keras 3 take them, as constants. */
function operandsOf(layer: Layer, { args, kwargs }: Call): Value[] {
  const of = (argument: Argument): Value[] => {
    if (argument.kind === 'list') return argument.items.flatMap(of);
    if (argument.kind === 'tensor') return [asReal(layer, argument.value)];
    return typeof argument.value === 'number' ? [plainValue(layer.graph.scalar(argument.value), [])] : [];
  };
  return [...args, ...['x1', 'x2'].flatMap((key) => kwargs.get(key) ?? [])].flatMap(of);
}

function broadcast(values: readonly Value[]): Size[] {
  const rank = Math.max(...values.map(rankOf));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = values.map(({ shape }) => shape[axis - rank + shape.length] ?? (shape.length === rank ? null : 1));
    return sizes.find((size) => size !== 1 && size !== null) ?? (sizes.includes(null) ? null : 1);
  });
}

/** A step counts where it counts for all that have a mask; Keras 3 asks that all have one. */
function masks(layer: Layer, values: readonly Value[]): string | null {
  const known = values.map(({ mask }) => mask).filter((mask) => mask !== null);
  if (known.length > 0 && layer.runtime === 'tfjs') return layer.refuse('puts masked sequences together');
  if (known.length === 0 || (known.length < values.length && layer.runtime === 'keras-3')) return null;
  return [...new Set(known)].reduce((a, b) => layer.graph.node('And', [a, b]));
}

function inTurn(op: string): (layer: Layer, names: readonly string[]) => string {
  return ({ graph }, names) => names.reduce((a, b) => graph.node(op, [a, b]));
}

const concatenate: Lowering = (layer, call) => {
  const values = alike(
    layer,
    tensorsOf(call.args).map((value) => asReal(layer, value)),
  );
  const [first] = values;
  if (first === undefined) return layer.broken('is called without an input');
  const rank = rankOf(first);
  const axis = axisOf(layer.settings.number('axis', -1), rank);
  const sizes = values.map(({ shape }) => shape[axis] ?? null);
  const total = sizes.every((size) => size !== null) ? sizes.reduce((sum, size) => sum + size, 0) : null;
  const shape = first.shape.map((size, each) => (each === axis ? total : size));
  if (values.some(({ mask }) => mask !== null) && axis === 1 && rank > 2) {
    return layer.refuse('joins sequences of which some steps are masked');
  }
  const name = layer.graph.node(
    'Concat',
    values.map((value) => value.name),
    { axis: physicalAxis(first, axis) },
  );
  return { ...first, name, shape, mask: masks(layer, values) };
};

/** Products of two values over one axis each, or their cosine. */
const dot: Lowering = (layer, call) => {
  const [a, b, ...others] = tensorsOf(call.args).map((value) => layer.layouts.plain(asReal(layer, value)));
  if (a === undefined || b === undefined || others.length > 0) return layer.broken('takes two inputs');
  const written = layer.settings.integers('axes');
  const axes = [a, b].map((value, i) => axisOf(written[i] ?? written[0] ?? -1, rankOf(value)));
  const [axisA = 1, axisB = 1] = axes;
  const { equation, shape } = dotEquation(layer, [a, b], [axisA, axisB]);
  const factors = layer.settings.flag('normalize', false)
    ? [unit(layer, a.name, axisA), unit(layer, b.name, axisB)]
    : [a.name, b.name];
  const product = layer.graph.node('Einsum', factors, { equation });
  if (shape.length > 1) return plainValue(product, shape);
  return plainValue(layer.graph.node('Unsqueeze', [product, layer.graph.integers([1])]), [...shape, 1]);
};

function dotEquation(
  layer: Layer,
  [a, b]: readonly [Value, Value],
  [axisA, axisB]: readonly [number, number],
): { equation: string; shape: Size[] } {
  const letters = 'abcdefghijklmnopqrstuvw';
  if (axisA === 0 || axisB === 0) return layer.refuse('multiplies over the batch');
  const left = a.shape.map((_, axis) => (axis === 0 ? 'z' : axis === axisA ? 'y' : (letters[axis] ?? '')));
  const right = b.shape.map((_, axis) => (axis === 0 ? 'z' : axis === axisB ? 'y' : (letters[axis + rankOf(a)] ?? '')));
  const kept = [...left.filter((letter) => letter !== 'y'), ...right.slice(1).filter((letter) => letter !== 'y')];
  const sizes = [...a.shape.filter((_, axis) => axis !== axisA), ...b.shape.slice(1).filter((_, i) => i + 1 !== axisB)];
  return { equation: `${left.join('')},${right.join('')}->${kept.join('')}`, shape: sizes };
}

function unit({ graph }: Layer, x: string, axis: number): string {
  const squares = graph.reduceSum(graph.node('Mul', [x, x]), [axis], true);
  return graph.node('Div', [x, graph.node('Sqrt', [graph.node('Max', [squares, graph.scalar(1e-12)])])]);
}

export const mergeLayers: Readonly<Record<string, Lowering>> = {
  Add: merge(inTurn('Add')),
  Subtract: merge(inTurn('Sub'), 2),
  Multiply: merge(inTurn('Mul')),
  Maximum: merge(inTurn('Max')),
  Minimum: merge(inTurn('Min')),
  Average: merge((layer, names) =>
    layer.graph.node('Mul', [inTurn('Add')(layer, names), layer.graph.scalar(1 / names.length)]),
  ),
  // Operations of Keras 3 on tensors, where they are more than a layer of the same name.
  Divide: merge(inTurn('Div'), 2),
  TrueDivide: merge(inTurn('Div'), 2),
  Power: merge(inTurn('Pow'), 2),
  Concatenate: concatenate,
  Dot: dot,
};
