import { float, type AttributeInput } from '../../../onnx/graph/builder.js';
import { float32Constant } from '../../../onnx/graph/constants.js';
import { realTensor, type Layer, type Lowering } from '../lowering/layer.js';
import type { Size } from '../lowering/value.js';
import { imagesOf, valueOf, type Images } from './images.js';

/** Each place becomes a block of equal ones, or of ones in between. */
function upSampling(axes: number): Lowering {
  return (layer, call) => {
    const images = imagesOf(layer, realTensor(layer, call), axes);
    const key = axes === 1 && layer.settings.get('size') === undefined ? 'length' : 'size';
    const factors = layer.settings.sizes(key, axes, 2);
    const interpolation = axes === 2 ? layer.settings.text('interpolation', 'nearest') : 'nearest';
    const { graph } = layer;
    const scales = graph.constant(float32Constant([axes + 2], [1, 1, ...factors]));
    const name = graph.node(
      'Resize',
      [images.name, '', scales],
      repeating(interpolation) ?? modeOf(layer, interpolation),
    );
    const spatial = images.spatial.map((size, i) => (size === null ? null : size * (factors[i] ?? 1)));
    return valueOf({ ...images, name, spatial, mask: null });
  };
}

function repeating(interpolation: string): Record<string, AttributeInput> | null {
  if (interpolation !== 'nearest') return null;
  return { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
}

/** `tf.image.resize` without antialiasing; TensorFlow.js has the corners of pixels where TensorFlow has their centres. */
function modeOf(layer: Layer, interpolation: string): Record<string, AttributeInput> {
  const coordinates = layer.runtime === 'tfjs' ? 'asymmetric' : 'half_pixel';
  switch (interpolation) {
    case 'nearest':
      return {
        mode: 'nearest',
        coordinate_transformation_mode: coordinates,
        nearest_mode: coordinates === 'half_pixel' ? 'round_prefer_ceil' : 'floor',
      };
    case 'bilinear':
      return { mode: 'linear', coordinate_transformation_mode: coordinates };
    case 'bicubic':
      return {
        mode: 'cubic',
        coordinate_transformation_mode: coordinates,
        cubic_coeff_a: float(-0.5),
        exclude_outside: 1,
      };
    default:
      return layer.refuse(`interpolates by \`${interpolation}\``);
  }
}

/** To a size that is written down, of the whole image or of a part with the right proportions. */
const resizing: Lowering = (layer, call) => {
  const images = imagesOf(layer, realTensor(layer, call), 2);
  const { settings, graph } = layer;
  refuseOther(layer);
  if (settings.flag('antialias', false)) return layer.refuse('resizes with antialiasing');
  const target = [settings.number('height'), settings.number('width')];
  const part = proportioned(layer, images, target);
  const sizes = [graph.integers(target)];
  const name = graph.node('Resize', [part, '', '', ...sizes], {
    ...modeOf(layer, settings.text('interpolation', 'bilinear')),
    axes: [2, 3],
  });
  return valueOf({ ...images, name, spatial: target, mask: null });
};

/** The image, cropped or padded to the proportions of the target where the layer says so. */
function proportioned(layer: Layer, images: Images, target: readonly number[]): string {
  const { settings } = layer;
  const crops = settings.flag('crop_to_aspect_ratio', false);
  const pads = settings.flag('pad_to_aspect_ratio', false);
  if (!crops && !pads) return images.name;
  const [height, width] = knownPlane(layer, images.spatial);
  const [targetHeight = 1, targetWidth = 1] = target;
  const wanted = [
    Math.trunc(Math.fround(width * targetHeight) / targetWidth),
    Math.trunc(Math.fround(height * targetWidth) / targetHeight),
  ];
  const sizes = [height, width].map((size, i) =>
    crops ? Math.max(Math.min(size, wanted[i] ?? size), 1) : Math.max(size, wanted[i] ?? size),
  );
  const before = [height, width].map((size, i) => Math.trunc(Math.abs(size - (sizes[i] ?? size)) / 2));
  if (crops) return cropped(layer, images.name, before, sizes);
  const { graph } = layer;
  // An odd row is not made up for.
  const fill = graph.scalar(settings.number('fill_value', 0));
  return graph.node('Pad', [images.name, graph.integers([0, 0, ...before, 0, 0, ...before]), fill]);
}

/** Those of TensorFlow.js align corners and crop one column off the middle. */
function refuseOther(layer: Layer): void {
  if (layer.runtime === 'tfjs') layer.refuse('takes other pixels in TensorFlow.js than in Keras');
}

function knownPlane(layer: Layer, spatial: readonly Size[]): [number, number] {
  const [height = null, width = null] = spatial;
  if (height === null || width === null) return layer.refuse('takes images of any size');
  return [height, width];
}

function cropped({ graph }: Layer, name: string, from: readonly number[], sizes: readonly number[]): string {
  const to = from.map((start, i) => start + (sizes[i] ?? 0));
  return graph.node('Slice', [name, graph.integers(from), graph.integers(to), graph.integers([2, 3])]);
}

/** The middle of images that are large enough. */
const centerCrop: Lowering = (layer, call) => {
  refuseOther(layer);
  const images = imagesOf(layer, realTensor(layer, call), 2);
  const target = [layer.settings.number('height'), layer.settings.number('width')];
  const sizes = knownPlane(layer, images.spatial);
  const spare = sizes.map((size, i) => size - (target[i] ?? size));
  if (spare.some((each) => each < 0)) return layer.refuse('crops images that are smaller than what it crops to');
  const name = cropped(
    layer,
    images.name,
    spare.map((each) => Math.trunc(each / 2)),
    target,
  );
  return valueOf({ ...images, name, spatial: target, mask: null });
};

export const resizingLayers: Readonly<Record<string, Lowering>> = {
  UpSampling1D: upSampling(1),
  UpSampling2D: upSampling(2),
  UpSampling3D: upSampling(3),
  Resizing: resizing,
  CenterCrop: centerCrop,
};
