import { maskOf, realTensor, type Layer, type Lowering } from '../lowering/layer.js';
import { plainValue, span, type Value } from '../lowering/value.js';
import { imagesOf, paddingOf, slide, valueOf, windowsOf } from './images.js';

/** Padded places are never counted: neither by a largest value nor, as ONNX has it too, by a mean. */
function pooling(op: 'MaxPool' | 'AveragePool', axes: number): Lowering {
  return (layer, call) => {
    const { settings } = layer;
    const images = imagesOf(layer, realTensor(layer, call), axes);
    // Of one axis the size may be called as it was in Keras 1.
    const size = settings.sizes(settings.get('pool_size') === undefined ? 'pool_length' : 'pool_size', axes, 2);
    const strides = settings.get('strides') === undefined ? size : settings.sizes('strides', axes);
    const { attributes, spatial } = slide(images.spatial, windowsOf(layer, size, strides, []), paddingOf(layer));
    const name = layer.graph.node(op, [images.name], attributes);
    return valueOf({ ...images, name, spatial, mask: null });
  };
}

function globalPooling(op: 'GlobalMaxPool' | 'GlobalAveragePool', axes: number): Lowering {
  return (layer, call) => {
    const value = realTensor(layer, call);
    const mask = maskOf(call, value);
    if (mask !== null && axes === 1 && op === 'GlobalAveragePool' && layer.runtime !== 'tfjs') {
      return maskedMean(layer, value, mask);
    }
    const images = imagesOf(layer, value, axes);
    const name = layer.graph.node(op, [images.name]);
    return reduced(layer, valueOf({ ...images, name, spatial: images.spatial.map(() => 1), mask: null }));
  };
}

/** Without the axes that were pooled over, unless they are kept. */
function reduced(layer: Layer, value: Value): Value {
  if (layer.settings.flag('keepdims', false)) return value;
  const [batch = null] = value.shape;
  const channels = value.layout === 'channels-first' ? value.shape.at(-1) : value.shape[1];
  return plainValue(layer.graph.node('Flatten', [value.name], { axis: 1 }), [batch, channels ?? null]);
}

/** The mean over the steps that count. */
function maskedMean(layer: Layer, value: Value, mask: string): Value {
  const { graph } = layer;
  const plain = layer.layouts.plain(value);
  const steps = layer.settings.text('data_format', 'channels_last') === 'channels_last' ? 1 : 2;
  const [batch = null, ...rest] = value.shape;
  const counted = graph.node('Unsqueeze', [graph.cast(mask, 'float32'), graph.integers([steps === 1 ? 2 : 1])]);
  const sum = graph.reduceSum(graph.node('Mul', [plain.name, counted]), [steps], true);
  const mean = graph.node('Div', [sum, graph.reduceSum(counted, [steps], true)]);
  const kept = [batch, ...rest.map((size, i) => (i + 1 === steps ? 1 : size))];
  if (layer.settings.flag('keepdims', false)) return plainValue(mean, kept);
  const name = graph.node('Squeeze', [mean, graph.integers([steps])]);
  return plainValue(
    name,
    kept.filter((_, axis) => axis !== steps),
  );
}

function ofEachRank(name: string, lowering: (axes: number) => Lowering): [string, Lowering][] {
  return span(1, 4).map((axes) => [`${name}${axes}D`, lowering(axes)]);
}

export const poolingLayers: Readonly<Record<string, Lowering>> = Object.fromEntries([
  ...['MaxPooling', 'MaxPool'].flatMap((name) => ofEachRank(name, (axes) => pooling('MaxPool', axes))),
  ...['AveragePooling', 'AvgPool'].flatMap((name) => ofEachRank(name, (axes) => pooling('AveragePool', axes))),
  ...['GlobalMaxPooling', 'GlobalMaxPool'].flatMap((name) =>
    ofEachRank(name, (axes) => globalPooling('GlobalMaxPool', axes)),
  ),
  ...['GlobalAveragePooling', 'GlobalAvgPool'].flatMap((name) =>
    ofEachRank(name, (axes) => globalPooling('GlobalAveragePool', axes)),
  ),
]);
