import { realTensor, weight, type Layer, type Lowering } from '../lowering/layer.js';
import type { Value } from '../lowering/value.js';
import { activate } from './activations.js';
import { imagesOf, paddingOf, slide, valueOf, windowsOf, type Images, type Window } from './images.js';
import { channelsInFront, ofEachChannel } from './kernels.js';

/** @param axes spatial ones */
function convolution(axes: number): Lowering {
  return (layer, call) => {
    const images = imagesOf(layer, realTensor(layer, call), axes);
    const filters = layer.settings.number('filters');
    const group = layer.settings.number('groups', 1);
    const windows = windowsIn(layer, axes);
    const inputs = images.channels === null ? null : images.channels / group;
    const shape = [...windows.map(({ kernel }) => kernel), inputs, filters];
    const kernel = layer.weights.constant('kernel', () => channelsInFront(layer.weights.stored('kernel', 0, shape)));
    return convolved(layer, images, { kernel, windows, filters, group, biasAt: 1 });
  };
}

function windowsIn(layer: Layer, axes: number): Window[] {
  const { settings } = layer;
  const kernel = settings.sizes('kernel_size', axes);
  return windowsOf(layer, kernel, settings.sizes('strides', axes, 1), settings.sizes('dilation_rate', axes, 1));
}

interface Convolution {
  readonly kernel: string;
  readonly windows: readonly Window[];
  readonly filters: number;
  readonly group: number;
  /** The place of the bias among the layer's weights. */
  readonly biasAt: number;
}

function convolved(layer: Layer, images: Images, { kernel, windows, filters, group, biasAt }: Convolution): Value {
  const { attributes, spatial } = slide(images.spatial, windows, paddingOf(layer));
  const bias = layer.settings.flag('use_bias', true) ? [weight(layer, 'bias', biasAt, [filters])] : [];
  const name = layer.graph.node('Conv', [images.name, kernel, ...bias], { ...attributes, group });
  const result = valueOf({ ...images, name, spatial, channels: filters, mask: null });
  return activate(layer, result, layer.settings.get('activation'));
}

/** Filters of each channel by itself. */
function depthwise(axes: number): Lowering {
  return (layer, call) => {
    const images = imagesOf(layer, realTensor(layer, call), axes);
    const windows = windowsIn(layer, axes);
    const { kernel, filters, group } = filtersOfEach(layer, images, windows, 'depthwise_kernel', 'kernel');
    return convolved(layer, images, { kernel, windows, filters, group, biasAt: 1 });
  };
}

/** @param names of the weight, which Keras 3 calls otherwise */
function filtersOfEach(
  layer: Layer,
  { channels }: Images,
  windows: readonly Window[],
  ...names: readonly [string, ...string[]]
): { kernel: string; filters: number; group: number } {
  const group = channels ?? layer.refuse('takes images of any number of channels');
  const multiplier = layer.settings.number('depth_multiplier', 1);
  const shape = [...windows.map((window) => window.kernel), group, multiplier];
  const name = names.find((each) => layer.weights.has(each, 0)) ?? names[0];
  const kernel = layer.weights.constant(names[0], () => ofEachChannel(layer.weights.stored(name, 0, shape)));
  return { kernel, filters: group * multiplier, group };
}

/** Filters of each channel by itself, then a mix of channels at each place. */
function separable(axes: number): Lowering {
  return (layer, call) => {
    const images = imagesOf(layer, realTensor(layer, call), axes);
    const windows = windowsIn(layer, axes);
    const { kernel, filters: between, group } = filtersOfEach(layer, images, windows, 'depthwise_kernel');
    const { attributes, spatial } = slide(images.spatial, windows, paddingOf(layer));
    const name = layer.graph.node('Conv', [images.name, kernel], { ...attributes, group });
    const filters = layer.settings.number('filters');
    const mix = layer.weights.constant('pointwise_kernel', () =>
      channelsInFront(layer.weights.stored('pointwise_kernel', 1, [...windows.map(() => 1), between, filters])),
    );
    const bias = layer.settings.flag('use_bias', true) ? [weight(layer, 'bias', 2, [filters])] : [];
    const mixed = layer.graph.node('Conv', [name, mix, ...bias]);
    const result = valueOf({ ...images, name: mixed, spatial, channels: filters, mask: null });
    return activate(layer, result, layer.settings.get('activation'));
  };
}

export const convolutionLayers: Readonly<Record<string, Lowering>> = {
  Conv1D: convolution(1),
  Conv2D: convolution(2),
  Conv3D: convolution(3),
  Convolution1D: convolution(1),
  Convolution2D: convolution(2),
  Convolution3D: convolution(3),
  DepthwiseConv1D: depthwise(1),
  DepthwiseConv2D: depthwise(2),
  SeparableConv1D: separable(1),
  SeparableConv2D: separable(2),
  SeparableConvolution1D: separable(1),
  SeparableConvolution2D: separable(2),
};
