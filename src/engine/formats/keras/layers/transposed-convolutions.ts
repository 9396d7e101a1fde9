import { realTensor, weight, type Lowering } from '../lowering/layer.js';
import type { Size } from '../lowering/value.js';
import { activate } from './activations.js';
import { extentOf, imagesOf, paddingOf, valueOf, windowsOf, type Padding, type Window } from './images.js';
import { channelsInFront } from './kernels.js';

/** The transpose of a convolution. @param axes spatial ones */
function transposed(axes: number): Lowering {
  return (layer, call) => {
    const { settings } = layer;
    const images = imagesOf(layer, realTensor(layer, call), axes);
    const filters = settings.number('filters');
    const kernelSize = settings.sizes('kernel_size', axes);
    const windows = windowsOf(
      layer,
      kernelSize,
      settings.sizes('strides', axes, 1),
      settings.sizes('dilation_rate', axes, 1),
    );
    const kernel = layer.weights.constant('kernel', () =>
      channelsInFront(layer.weights.stored('kernel', 0, [...kernelSize, filters, images.channels])),
    );
    const bias = settings.flag('use_bias', true) ? [weight(layer, 'bias', 1, [filters])] : [];
    const extra = settings.get('output_padding') === undefined ? null : settings.sizes('output_padding', axes);
    const padding = paddingOf(layer);
    const plans = windows.map((window, i) => planOf(window, padding, extra?.[i] ?? null));
    const name = layer.graph.node('ConvTranspose', [images.name, kernel, ...bias], {
      kernel_shape: kernelSize,
      strides: windows.map(({ stride }) => stride),
      dilations: windows.map(({ dilation }) => dilation),
      pads: [...plans.map(({ before }) => before), ...plans.map(({ behind }) => behind)],
      output_padding: plans.map(({ added }) => added),
    });
    const spatial = images.spatial.map((size, i) => grown(size, windows[i], plans[i]?.surplus ?? 0));
    const result = valueOf({ ...images, name, spatial, channels: filters, mask: null });
    return activate(layer, result, settings.get('activation'));
  };
}

interface AxisPlan {
  /** output = (input - 1) stride + surplus */
  readonly surplus: number;
  readonly before: number;
  readonly behind: number;
  readonly added: number;
}

/**
 * The output that a convolution with this padding would bring to the input: what is cut off of the full transpose is what
 * the convolution would have padded. Lengths are those of `conv_utils.deconv_output_length` of Keras 2 and
 * `backend_utils.compute_conv_transpose_output_shape` of Keras 3.
 */
function planOf(window: Window, padding: Padding, extra: number | null): AxisPlan {
  const extent = extentOf(window);
  const surplus = surplusOf(window, padding, extra);
  const cut = extent - surplus;
  const before = Math.floor(Math.max(cut, 0) / 2);
  return { surplus, before, behind: Math.max(cut, 0) - before, added: Math.max(-cut, 0) };
}

function surplusOf(window: Window, padding: Padding, extra: number | null): number {
  const extent = extentOf(window);
  if (padding === 'valid') return extra === null ? Math.max(extent, window.stride) : extent + extra;
  if (extra === null) return window.stride;
  return (extent % 2) + extra;
}

function grown(size: Size, window: Window | undefined, surplus: number): Size {
  return size === null ? null : (size - 1) * (window?.stride ?? 1) + surplus;
}

export const transposedConvolutionLayers: Readonly<Record<string, Lowering>> = {
  Conv1DTranspose: transposed(1),
  Conv2DTranspose: transposed(2),
  Conv3DTranspose: transposed(3),
  Convolution1DTranspose: transposed(1),
  Convolution2DTranspose: transposed(2),
  Convolution3DTranspose: transposed(3),
};
