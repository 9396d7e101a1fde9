import type { NodeContext, Operator, OperatorTable } from '../node-context.js';
import { describeSizes, isNumber, type Size, type TensorValue } from '../value.js';

/** Where the places of a larger or smaller image lie in the image: which rule of ONNX is TensorFlow's. */
interface Sampling {
  readonly alignCorners: boolean;
  readonly halfPixels: boolean;
}

function readSampling({ attributes }: NodeContext): Sampling {
  return {
    alignCorners: attributes.bool('align_corners') ?? false,
    halfPixels: attributes.bool('half_pixel_centers') ?? false,
  };
}

function readImage(context: NodeContext): { x: TensorValue; sizes: readonly number[] } {
  const x = context.cast(context.tensor(0), 'float32');
  const sizes = context.integers(1, 'size');
  if (x.shape.length !== 4 || sizes.length !== 2 || sizes.some((size) => size < 1)) {
    throw context.broken(`resizes ${describeSizes(x.shape)} to [${sizes.join(', ')}]`);
  }
  return { x, sizes };
}

function resized(
  context: NodeContext,
  x: TensorValue,
  sizes: readonly number[],
  attributes: Record<string, string>,
): TensorValue {
  const { emitter } = context;
  const [samples = 1, height = 1, width = 1, channels = 1] = x.shape;
  const shape: Size[] = [samples, sizes[0] ?? height, sizes[1] ?? width, channels];
  const inputs = [emitter.nameOf(emitter.channelsFirst(x)), '', '', context.integerList(sizes)];
  const facts = { type: 'float32', shape, layout: 'channels-first' } as const;
  return context.give('Resize', inputs, facts, { ...attributes, axes: [2, 3] });
}

const bilinear: Operator = (context) => {
  const { x, sizes } = readImage(context);
  const { alignCorners, halfPixels } = readSampling(context);
  const mode = alignCorners ? 'align_corners' : halfPixels ? 'half_pixel' : 'asymmetric';
  return [resized(context, x, sizes, { mode: 'linear', coordinate_transformation_mode: mode })];
};

/**
 * Each place takes one of the image. ONNX Runtime works its position out with a rounded scale, which by whole factors is
 * exact; by others the places are written out.
 */
const nearest: Operator = (context) => {
  const { x, sizes } = readImage(context);
  const sampling = readSampling(context);
  const from = x.shape.slice(1, 3);
  const isWhole = sizes.every((size, i) => {
    const own = from[i];
    return isNumber(own) && size % own === 0;
  });
  if (isWhole && !sampling.alignCorners) {
    const rounding = sampling.halfPixels
      ? { coordinate_transformation_mode: 'half_pixel', nearest_mode: 'round_prefer_ceil' }
      : { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
    return [resized(context, x, sizes, { mode: 'nearest', ...rounding })];
  }
  return [sizes.reduce((value, size, i) => chosen(context, value, i + 1, size, sampling), x)];
};

/** More places of one axis are not written out. */
const MOST_PLACES = 2 ** 16;

/** As `resizeNearestNeighbor` of TensorFlow.js computes places. */
function chosen(context: NodeContext, x: TensorValue, axis: number, size: number, sampling: Sampling): TensorValue {
  const own = x.shape[axis];
  if (!isNumber(own) || size > MOST_PLACES) return context.fail('resizes an image whose size is computed or huge');
  const scale = sampling.alignCorners && size > 1 ? (own - 1) / (size - 1) : own / size;
  const places = Array.from({ length: size }, (_, place) => {
    const at = scale * (place + (sampling.halfPixels ? 0.5 : 0));
    return Math.max(Math.min(own - 1, sampling.alignCorners ? Math.round(at) : Math.floor(at)), 0);
  });
  const { emitter } = context;
  const first = emitter.channelsFirst(x);
  const shape = x.shape.map((old, i) => (i === axis ? size : old));
  const indices = emitter.nameOf(emitter.numbers('int32', [size], places));
  const facts = { type: x.type, shape, layout: 'channels-first' } as const;
  return context.give('Gather', [emitter.nameOf(first), indices], facts, { axis: emitter.axisOf(first, axis) });
}

export const imageOperators: OperatorTable = {
  ResizeBilinear: bilinear,
  ResizeNearestNeighbor: nearest,
};
