import { isList } from '../../json-value.js';
import { knownSize, onlyTensor, type Layer, type Lowering } from '../lowering/layer.js';
import { plainValue, span, type Value } from '../lowering/value.js';

/** The value as Keras lays it out, without its mask. */
function plainInput(layer: Layer, call: Parameters<Lowering>[1]): Value {
  return { ...layer.layouts.plain(onlyTensor(layer, call)), mask: null };
}

const reshape: Lowering = (layer, call) => {
  const value = plainInput(layer, call);
  const target = targetOf(layer);
  const total = knownSize(value.shape.slice(1));
  const others = target.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
  const fits = total === null || (target.includes(-1) ? total % others === 0 : total === others);
  if (!fits || others <= 0) return layer.broken(`makes [${target.join(', ')}] of ${total ?? 'any number of'} values`);
  const sizes = target.map((size) => (size === -1 ? (total === null ? null : total / others) : size));
  const [batch = null] = value.shape;
  return { ...value, name: layer.graph.reshape(value.name, [0, ...target]), shape: [batch, ...sizes] };
};

/** TensorFlow.js has null where Keras has -1. */
function targetOf(layer: Layer): readonly number[] {
  const written = layer.settings.get('target_shape');
  if (!isList(written)) return layer.broken('has no target shape');
  return written.map((size) =>
    isSize(size ?? -1) ? Number(size ?? -1) : layer.broken('has a size that is no whole number'),
  );
}

function isSize(size: unknown): boolean {
  return Number.isSafeInteger(size) && Number(size) >= -1;
}

const flatten: Lowering = (layer, call) => {
  const value = onlyTensor(layer, call);
  const { graph, layouts } = layer;
  // Of channels in front Keras takes the places first, as if they stood behind.
  const isFirst = layer.settings.text('data_format', 'channels_last') === 'channels_first' && value.shape.length > 2;
  const plain = layouts.plain(value);
  const order = [0, ...span(2, value.shape.length), 1];
  const name = isFirst ? graph.transpose(plain.name, order) : plain.name;
  const [batch = null, ...sample] = value.shape;
  return { ...plainValue(graph.node('Flatten', [name], { axis: 1 }), [batch, knownSize(sample)]), type: value.type };
};

const permute: Lowering = (layer, call) => {
  const value = plainInput(layer, call);
  const order = [0, ...layer.settings.integers('dims')];
  const isOrder =
    span(0, value.shape.length).every((axis) => order.includes(axis)) && order.length === value.shape.length;
  if (!isOrder) return layer.broken(`has the order [${order.slice(1).join(', ')}] of ${value.shape.length - 1} axes`);
  return {
    ...value,
    name: layer.graph.transpose(value.name, order),
    shape: order.map((axis) => value.shape[axis] ?? null),
  };
};

/** [n, size] -> [n, times, size] */
const repeatVector: Lowering = (layer, call) => {
  const value = plainInput(layer, call);
  const times = layer.settings.number('n');
  const { graph } = layer;
  const [batch = null, size = null] = value.shape;
  const apart = graph.node('Unsqueeze', [value.name, graph.integers([1])]);
  return { ...value, name: graph.node('Tile', [apart, graph.integers([1, times, 1])]), shape: [batch, times, size] };
};

export const reshapeLayers: Readonly<Record<string, Lowering>> = {
  Reshape: reshape,
  Flatten: flatten,
  Permute: permute,
  RepeatVector: repeatVector,
};
