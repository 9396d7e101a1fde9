import { sizeOf } from '#base/tensor';
import { float } from '../../../onnx/graph/builder.js';
import { float32Constant } from '../../../onnx/graph/constants.js';
import type { StoredWeight } from '../reading/hdf5.js';
import { realTensor, weight, type Layer, type Lowering } from '../lowering/layer.js';
import { axisOf, physicalAxis, plainValue, rankOf, span, type Size, type Value } from '../lowering/value.js';

/** By running statistics; as an operator of its own, so that training may take those of the batch. */
const batchNormalization: Lowering = (layer, call) => {
  const value = realTensor(layer, call);
  const rank = rankOf(value);
  const axis = axisOf(onlyAxis(layer), rank);
  const channels = value.shape[axis] ?? null;
  const { name, back } = withAxisSecond(layer, value, axis);
  const scales = scaleAndShift(layer, [channels]);
  const at = Number(layer.settings.flag('scale', true)) + Number(layer.settings.flag('center', true));
  const mean = weight(layer, 'moving_mean', at, [channels]);
  const variance = weight(layer, 'moving_variance', at + 1, [channels]);
  const normalized = layer.graph.node('BatchNormalization', [name, ...scales, mean, variance], {
    epsilon: float(layer.settings.number('epsilon', 1e-3)),
    momentum: float(layer.settings.number('momentum', 0.99)),
  });
  return back(normalized);
};

/** One axis, also where it is written as a list of one. */
function onlyAxis(layer: Layer): number {
  const [axis, ...others] = layer.settings.integers('axis', [-1]);
  if (axis === undefined || others.length > 0) return layer.refuse('normalizes several axes together');
  return axis;
}

/** `gamma` and `beta`, or ones and zeros where the layer learns none: without a name, so that training leaves them alone. */
function scaleAndShift(layer: Layer, shape: readonly Size[]): [string, string] {
  const { graph, settings } = layer;
  const sizes = shape.map((size) => size ?? layer.refuse('normalizes an axis of any size'));
  const filled = (value: number): string =>
    graph.constant(float32Constant(sizes, new Float32Array(sizeOf(sizes)).fill(value)));
  const hasScale = settings.flag('scale', true);
  const gamma = hasScale ? weight(layer, 'gamma', 0, sizes) : filled(1);
  const beta = settings.flag('center', true) ? weight(layer, 'beta', hasScale ? 1 : 0, sizes) : filled(0);
  return [gamma, beta];
}

/** The value with one of its axes behind the batch, and the way back. */
function withAxisSecond(layer: Layer, value: Value, axis: number): { name: string; back: (name: string) => Value } {
  const rank = rankOf(value);
  if (axis === rank - 1) {
    const first = layer.layouts.channelsFirst(value);
    return { name: first.name, back: (name) => ({ ...first, name }) };
  }
  const plain = layer.layouts.plain(value);
  if (axis === 1) return { name: plain.name, back: (name) => ({ ...plain, name }) };
  const order = [0, axis, ...span(1, rank).filter((each) => each !== axis)];
  const name = layer.graph.transpose(plain.name, order);
  return {
    name,
    back: (result) => ({
      ...plain,
      name: layer.graph.transpose(
        result,
        order.map((_, i) => order.indexOf(i)),
      ),
    }),
  };
}

/** Over one axis or several, of which the last ones are what the operator knows. */
const layerNormalization: Lowering = (layer, call) => {
  if (layer.settings.get('rms_scaling') === true) return layer.refuse('normalizes without a mean but by a deviation');
  const value = layer.layouts.plain(realTensor(layer, call));
  const rank = rankOf(value);
  const axes = layer.settings
    .integers('axis', [-1])
    .map((axis) => axisOf(axis, rank))
    .sort((a, b) => a - b);
  const shape = axes.map((axis) => value.shape[axis] ?? null);
  const scales = scaleAndShift(layer, shape);
  const epsilon = layer.settings.number('epsilon', 1e-3);
  const [first = 0] = axes;
  if (axes.every((axis, i) => axis === rank - axes.length + i)) {
    const attributes = { axis: first, epsilon: float(epsilon) };
    return { ...value, name: layer.graph.node('LayerNormalization', [value.name, ...scales], attributes) };
  }
  const [gamma, beta] = scales.map((each) => layer.graph.reshape(each, broadcastShape(value, axes)));
  const standard = standardized(layer, value.name, axes, epsilon);
  const scaled = layer.graph.node('Mul', [standard, gamma ?? '']);
  return { ...value, name: layer.graph.node('Add', [scaled, beta ?? '']) };
};

/** [1, ..., size, ..., 1] from the first of the axes on. */
function broadcastShape(value: Value, axes: readonly number[]): number[] {
  return span(axes[0] ?? 0, rankOf(value)).map((axis) => (axes.includes(axis) ? (value.shape[axis] ?? 1) : 1));
}

/** (x - mean) / sqrt(variance + epsilon) over axes. */
function standardized({ graph }: Layer, x: string, axes: readonly number[], epsilon: number): string {
  const mean = (value: string): string => graph.node('ReduceMean', [value, graph.integers(axes)], { keepdims: 1 });
  const apart = graph.node('Sub', [x, mean(x)]);
  const variance = mean(graph.node('Mul', [apart, apart]));
  return graph.node('Div', [apart, graph.node('Sqrt', [graph.node('Add', [variance, graph.scalar(epsilon)])])]);
}

/** Groups of channels, each standardized over its channels and places (Wu & He 2018). */
const groupNormalization: Lowering = (layer, call) => {
  const value = realTensor(layer, call);
  const rank = rankOf(value);
  const axis = axisOf(onlyAxis(layer), rank);
  const channels = value.shape[axis] ?? layer.refuse('normalizes any number of channels');
  const written = layer.settings.number('groups', 32);
  const groups = written === -1 ? channels : written;
  if (groups < 1 || channels % groups !== 0) return layer.broken(`has ${groups} groups of ${channels} channels`);
  const { graph } = layer;
  const { name, back } = withAxisSecond(layer, value, axis);
  const flat = graph.reshape(name, [0, groups, -1]);
  const ones = graph.constant(float32Constant([groups], new Float32Array(groups).fill(1)));
  const zeros = graph.constant(float32Constant([groups], new Float32Array(groups)));
  const epsilon = float(layer.settings.number('epsilon', 1e-3));
  const normalized = graph.reshapeLike(graph.node('InstanceNormalization', [flat, ones, zeros], { epsilon }), name);
  const [scaled, shifted] = ofChannels(layer, channels, rank);
  const product = scaled === null ? normalized : graph.node('Mul', [normalized, scaled]);
  return back(shifted === null ? product : graph.node('Add', [product, shifted]));
};

/** `gamma` and `beta` of channels behind the batch. */
function ofChannels(layer: Layer, channels: number, rank: number): [string | null, string | null] {
  const { settings } = layer;
  const hasScale = settings.flag('scale', true);
  const read = (name: string, position: number): string =>
    layer.graph.alongChannels(weight(layer, name, position, [channels]), rank);
  return [hasScale ? read('gamma', 0) : null, settings.flag('center', true) ? read('beta', hasScale ? 1 : 0) : null];
}

/** x / |x| over axes. */
const unitNormalization: Lowering = (layer, call) => {
  const value = realTensor(layer, call);
  const { graph } = layer;
  const axes = layer.settings.integers('axis', [-1]).map((axis) => physicalAxis(value, axis));
  const squares = graph.reduceSum(graph.node('Mul', [value.name, value.name]), axes, true);
  // As `l2_normalize` of TensorFlow keeps zeros.
  const length = graph.node('Sqrt', [graph.node('Max', [squares, graph.scalar(1e-12)])]);
  return { ...value, name: graph.node('Div', [value.name, length]) };
};

/** x / sqrt(mean of squares + epsilon), scaled (Zhang & Sennrich 2019). */
const rmsNormalization: Lowering = (layer, call) => {
  const value = layer.layouts.plain(realTensor(layer, call));
  const { graph } = layer;
  const axes = layer.settings
    .integers('axis', [-1])
    .map((axis) => axisOf(axis, rankOf(value)))
    .sort((a, b) => a - b);
  const squares = graph.node('Mul', [value.name, value.name]);
  const mean = graph.node('ReduceMean', [squares, graph.integers(axes)], { keepdims: 1 });
  const epsilon = graph.scalar(layer.settings.number('epsilon', 1e-6));
  const normalized = graph.node('Div', [value.name, graph.node('Sqrt', [graph.node('Add', [mean, epsilon])])]);
  const scale = weight(
    layer,
    'scale',
    0,
    axes.map((axis) => value.shape[axis] ?? null),
  );
  const isLast = axes.every((axis, i) => axis === rankOf(value) - axes.length + i);
  const factor = isLast ? scale : graph.reshape(scale, broadcastShape(value, axes));
  return { ...value, name: graph.node('Mul', [normalized, factor]) };
};

/** (x - mean) / max(deviation, 1e-7) by statistics of the data, or back. */
const normalization: Lowering = (layer, call) => {
  const value = layer.layouts.plain(realTensor(layer, call));
  const { graph, settings } = layer;
  const axes = settings
    .integers('axis', [-1])
    .map((axis) => axisOf(axis, rankOf(value)))
    .sort((a, b) => a - b);
  const mean = statistic(layer, value, axes, 'mean', 0);
  const variance = statistic(layer, value, axes, 'variance', 1);
  const deviation = { shape: variance.shape, data: variance.data.map((each) => Math.max(Math.sqrt(each), 1e-7)) };
  const center = graph.constant(float32Constant(mean.shape, mean.data));
  const spread = graph.constant(float32Constant(deviation.shape, deviation.data));
  if (settings.flag('invert', false)) {
    return { ...value, name: graph.node('Add', [graph.node('Mul', [value.name, spread]), center]) };
  }
  return { ...value, name: graph.node('Div', [graph.node('Sub', [value.name, center]), spread]) };
};

/** Given in the configuration, or learned from data and kept as a weight. */
function statistic(layer: Layer, value: Value, axes: readonly number[], name: string, position: number): StoredWeight {
  const written = layer.settings.get(name === 'mean' ? 'mean' : 'variance');
  const sizes = axes.map((axis) => value.shape[axis] ?? null);
  const shape = axes.length === 0 ? [] : broadcastShape(value, axes);
  if (written === undefined) return { shape, data: layer.weights.stored(name, position, sizes).data };
  const numbers = numbersIn(written) ?? layer.broken(`has a \`${name}\` that is no list of numbers`);
  const length = shape.reduce((product, size) => product * size, 1);
  if (numbers.length !== 1 && numbers.length !== length) return layer.broken(`has a \`${name}\` of another size`);
  return numbers.length === 1
    ? { shape: [], data: Float32Array.from(numbers) }
    : { shape, data: Float32Array.from(numbers) };
}

/** Numbers in lists, flat. */
export function numbersIn(value: unknown): number[] | null {
  if (typeof value === 'number') return [value];
  if (!Array.isArray(value)) return null;
  const flat: unknown[] = value.flat(8);
  return flat.every((each) => typeof each === 'number') ? flat : null;
}

/** x scale + offset, each one number or one a channel. */
const rescaling: Lowering = (layer, call) => {
  const value = layer.layouts.plain(realTensor(layer, call));
  const read = (name: string, fallback: number): string => {
    const numbers =
      numbersIn(layer.settings.get(name) ?? fallback) ?? layer.broken(`has a \`${name}\` that is no number`);
    const shape = numbers.length === 1 ? [] : [numbers.length];
    return layer.graph.constant(float32Constant(shape, numbers));
  };
  const scaled = layer.graph.node('Mul', [value.name, read('scale', 1)]);
  return { ...plainValue(layer.graph.node('Add', [scaled, read('offset', 0)]), value.shape), mask: value.mask };
};

export const normalizationLayers: Readonly<Record<string, Lowering>> = {
  BatchNormalization: batchNormalization,
  BatchNormalizationV1: batchNormalization,
  BatchNormalizationV2: batchNormalization,
  SyncBatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
  UnitNormalization: unitNormalization,
  RMSNormalization: rmsNormalization,
  Normalization: normalization,
  Rescaling: rescaling,
};
