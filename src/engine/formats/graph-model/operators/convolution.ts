import type { NodeContext, Operator, OperatorTable } from '../node-context.js';
import type { Facts } from '../emitter.js';
import { describeSizes, isNumber, type TensorValue } from '../value.js';
import {
  extentOf,
  outputSizes,
  readWindow,
  requireChannelsLast,
  spatial,
  spatialSizes,
  windowAttributes,
  padsOf,
  type Pads,
  type Window,
} from '../window.js';
import { readFused, type Fused } from './activation.js';

/** A convolution as ONNX has it: its filter laid out, and into how many groups it splits the channels. */
interface Convolution {
  readonly window: Window;
  readonly weight: string;
  readonly group: number;
  readonly outputs: number;
}

const NOTHING: Fused = { bias: null, activation: null };

/** Filters are [...kernel, inputs, outputs]. */
function dense(context: NodeContext, x: TensorValue): Convolution {
  const filter = context.tensor(1);
  const shape = fixedFilter(context, filter, x);
  const [inputs = 0, outputs = 0] = shape.slice(-2);
  const kernel = shape.slice(0, -2);
  const channels = x.shape.at(-1);
  if (isNumber(channels) && (inputs === 0 || channels % inputs !== 0)) {
    throw context.broken(`has a filter ${describeSizes(shape)} for ${channels} channels`);
  }
  const group = isNumber(channels) ? channels / inputs : 1;
  const rank = shape.length;
  const order = [rank - 1, rank - 2, ...kernel.map((_, axis) => axis)];
  const weight = context.emitter.weight(filter, order, [outputs, inputs, ...kernel]);
  return { window: readWindow(context, kernel, rank), weight, group, outputs };
}

/** Filters are [...kernel, inputs, multiplier]; each input has `multiplier` outputs of its own. */
function depthwise(context: NodeContext, x: TensorValue): Convolution {
  const filter = context.tensor(1);
  const shape = fixedFilter(context, filter, x);
  const [inputs = 0, multiplier = 0] = shape.slice(-2);
  const kernel = shape.slice(0, -2);
  const channels = x.shape.at(-1);
  if (isNumber(channels) && channels !== inputs) {
    throw context.broken(`has a filter ${describeSizes(shape)} for ${channels} channels`);
  }
  const rank = shape.length;
  const order = [rank - 2, rank - 1, ...kernel.map((_, axis) => axis)];
  const outputs = inputs * multiplier;
  const weight = context.emitter.weight(filter, order, [outputs, 1, ...kernel]);
  return { window: readWindow(context, kernel, rank), weight, group: inputs, outputs };
}

function fixedFilter(context: NodeContext, { shape }: TensorValue, x: TensorValue): number[] {
  if (shape.length < 3 || x.shape.length !== shape.length) {
    throw context.broken(`moves a filter ${describeSizes(shape)} along a tensor ${describeSizes(x.shape)}`);
  }
  return shape.every(isNumber) ? [...shape] : context.fail('has a filter whose sizes are computed');
}

type Reader = (context: NodeContext, x: TensorValue) => Convolution;

function convolution(read: Reader, fused: (context: NodeContext) => Fused): Operator {
  return (context) => {
    const x = context.cast(context.tensor(0), 'float32');
    const { unpadded } = x;
    const { window, ...rest } = read(context, x);
    const joined = unpadded === undefined ? null : joinedPads(window, x, unpadded.pads);
    const source = joined === null || unpadded === undefined ? x : unpadded.source;
    const made = { ...rest, window: joined === null ? window : { ...window, padding: joined } };
    return [withUnfolded(context, x, window, source, made, fused(context))];
  };
}

/** A convolution of what `SpaceToBatchND` gave is one of what that was given, with holes in its kernel. */
function withUnfolded(
  context: NodeContext,
  x: TensorValue,
  window: Window,
  source: TensorValue,
  made: Convolution,
  fused: Fused,
): TensorValue {
  const { unfolded } = x;
  const isPlain =
    window.padding !== 'same' &&
    window.padding.flat().every((pad) => pad === 0) &&
    [...window.strides, ...window.dilations].every((step) => step === 1);
  if (unfolded === undefined || !isPlain || unfolded.block.length !== window.kernel.length) {
    return convolved(context, source, made, fused);
  }
  const dilated: Window = { ...window, dilations: unfolded.block, padding: unfolded.pads };
  const direct = convolved(context, unfolded.source, { ...made, window: dilated }, fused);
  const none = unfolded.pads.map(() => [0, 0] as const);
  return { ...convolved(context, source, made, fused), unfolded: { ...unfolded, source: direct, pads: none } };
}

function convolved(context: NodeContext, x: TensorValue, made: Convolution, fused: Fused): TensorValue {
  const { emitter } = context;
  const { window, weight, group, outputs } = made;
  const sizes = spatialSizes(x);
  const shape = [x.shape[0] ?? 1, ...outputSizes(context, window, sizes), outputs];
  const facts: Facts = { type: 'float32', shape, layout: 'channels-first' };
  const bias = fused.bias === null ? [] : [emitter.weight(fused.bias, [0], [outputs])];
  if (fused.bias !== null && (fused.bias.shape.length !== 1 || fused.bias.shape[0] !== outputs)) {
    throw context.broken(`has a bias ${describeSizes(fused.bias.shape)} for ${outputs} channels`);
  }
  const inputs = [emitter.nameOf(emitter.channelsFirst(x)), weight, ...bias];
  const attributes = { ...(group === 1 ? {} : { group }), ...windowAttributes(window, sizes) };
  if (fused.activation === null) return context.give('Conv', inputs, facts, attributes);
  const product = emitter.value(emitter.named(`${context.name}/Conv`, 'Conv', inputs, attributes), facts);
  return fused.activation(context, product);
}

/** Zeros that were added before belong to the padding of the convolution; null where that depends on sizes. */
function joinedPads(window: Window, x: TensorValue, pads: Pads): Pads | null {
  const own = padsOf(window, spatialSizes(x));
  return own?.map(([begin, end], axis) => [begin + (pads[axis]?.[0] ?? 0), end + (pads[axis]?.[1] ?? 0)]) ?? null;
}

/** [n, w, channels] with a stride and a dilation of its own names. */
const conv1d: Operator = (context) => {
  const x = context.cast(context.tensor(0), 'float32');
  const filter = context.tensor(1);
  const [kernel = 1, inputs = 1, outputs = 1] = fixedFilter(context, filter, x);
  const padding = context.attributes.text('padding')?.toLowerCase() === 'same' ? 'same' : [[0, 0] as const];
  const window: Window = {
    kernel: [kernel],
    strides: [context.attributes.int('stride') ?? 1],
    dilations: [context.attributes.int('dilation') ?? 1],
    padding,
  };
  const weight = context.emitter.weight(filter, [2, 1, 0], [outputs, inputs, kernel]);
  return [convolved(context, x, { window, weight, group: 1, outputs }, NOTHING)];
};

/** The transposed convolution: the gradient of a convolution by its input, whose sizes it is given. */
const transposed: Operator = (context) => {
  requireChannelsLast(context);
  const { emitter } = context;
  const x = context.cast(context.tensor(2), 'float32');
  const filter = context.tensor(1);
  const shape = fixedFilter(context, filter, x);
  const [outputs = 0, inputs = 0] = shape.slice(-2);
  const kernel = shape.slice(0, -2);
  const rank = shape.length;
  if (spatial(context, 'dilations', rank).some((dilation) => dilation !== 1)) context.fail('is dilated');
  if (isNumber(x.shape.at(-1)) && x.shape.at(-1) !== inputs) {
    throw context.broken(`has a filter ${describeSizes(shape)} for ${String(x.shape.at(-1))} channels`);
  }
  const wanted = context.tensor(0).known ?? [];
  const sizes = wanted.slice(1, -1);
  if (wanted.length !== rank || !sizes.every(isNumber))
    return context.fail('takes the size of its image from a computation');
  const window = { ...readWindow(context, kernel, rank), dilations: kernel.map(() => 1) };
  const axes = sizes.map((size, axis) => transposedAxis(context, window, axis, size, spatialSizes(x)[axis]));
  const order = [rank - 1, rank - 2, ...kernel.map((_, axis) => axis)];
  const weight = emitter.weight(filter, order, [inputs, outputs, ...kernel]);
  const facts: Facts = { type: 'float32', shape: [x.shape[0] ?? 1, ...sizes, outputs], layout: 'channels-first' };
  const attributes = {
    kernel_shape: kernel,
    strides: window.strides,
    pads: [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)],
    output_padding: axes.map(({ added }) => added),
  };
  return [context.give('ConvTranspose', [emitter.nameOf(emitter.channelsFirst(x)), weight], facts, attributes)];
};

/** stride (steps - 1) + kernel - begin - end + added = size */
function transposedAxis(
  context: NodeContext,
  window: Window,
  axis: number,
  size: number,
  steps: TensorValue['shape'][number] | undefined,
) {
  const stride = window.strides[axis] ?? 1;
  if (!isNumber(steps)) return context.fail('has an image whose size is computed');
  const surplus = stride * (steps - 1) + extentOf(window, axis) - size;
  const given = window.padding === 'same' ? null : (window.padding[axis] ?? [0, 0]);
  const begin = given === null ? Math.floor(Math.max(surplus, 0) / 2) : given[0];
  const end = given === null ? Math.max(surplus, 0) - begin : given[1];
  const added = begin + end - surplus;
  if (added < 0 || added >= Math.max(stride, 1)) {
    throw context.broken(`makes ${size} out of ${steps} steps along an axis, which its kernel cannot`);
  }
  return { begin, end, added };
}

export const convolutionOperators: OperatorTable = {
  Conv1D: conv1d,
  Conv2D: convolution(dense, () => NOTHING),
  Conv2DBackpropInput: transposed,
  Conv2dTranspose: transposed,
  Conv3D: convolution(dense, () => NOTHING),
  DepthwiseConv2d: convolution(depthwise, () => NOTHING),
  DepthwiseConv2dNative: convolution(depthwise, () => NOTHING),
  FusedDepthwiseConv2dNative: convolution(depthwise, (context) => readFused(context, 2)),
  _FusedConv2D: convolution(dense, (context) => readFused(context, 2)),
};
