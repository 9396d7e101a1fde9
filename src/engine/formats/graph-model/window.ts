import type { AttributeInputs } from './emitter.js';
import type { NodeContext } from './node-context.js';
import { isNumber, type Size, type TensorValue } from './value.js';

/** How a kernel moves along the spatial axes of an image. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: Padding;
}

export type Pads = readonly (readonly [number, number])[];

/** `same`: as much as keeps ceil(size / stride) positions, the larger half behind. */
export type Padding = 'same' | Pads;

/** Reads the attributes of a convolution or pooling of [n, ...spatial, channels]. */
export function readWindow(context: NodeContext, kernel: readonly number[], rank: number): Window {
  requireChannelsLast(context);
  return {
    kernel,
    strides: spatial(context, 'strides', rank),
    dilations: spatial(context, 'dilations', rank),
    padding: readPadding(context, rank),
  };
}

export function requireChannelsLast(context: NodeContext): void {
  const format = context.attributes.text('data_format') ?? 'NHWC';
  if (/^NC./i.test(format)) context.fail(`has its channels first (${format})`);
}

/** A list with one number an axis, of which those of samples and channels are 1. */
export function spatial(context: NodeContext, name: string, rank: number): readonly number[] {
  const list = context.attributes.ints(name);
  if (list === null || list.length === 0) return Array.from({ length: rank - 2 }, () => 1);
  if (list.length !== rank) throw context.broken(`has ${list.length} ${name} for a tensor of rank ${rank}`);
  if (list.some((value) => value < 1)) throw context.broken(`has the ${name} [${list.join(', ')}]`);
  if (list[0] !== 1 || list.at(-1) !== 1) context.fail(`has ${name} along samples or channels`);
  return list.slice(1, -1);
}

function readPadding(context: NodeContext, rank: number): Padding {
  const padding = context.attributes.text('padding')?.toLowerCase();
  if (padding === 'same') return padding;
  if (padding === 'valid') return Array.from({ length: rank - 2 }, () => [0, 0] as const);
  if (padding !== 'explicit') throw context.broken(`has the padding \`${padding ?? ''}\``);
  const list = context.attributes.ints('explicit_paddings') ?? [];
  if (list.length !== 2 * rank || list.some((pad) => pad < 0)) throw context.broken('has no padding for each axis');
  return Array.from({ length: rank - 2 }, (_, axis) => [list[2 * axis + 2] ?? 0, list[2 * axis + 3] ?? 0] as const);
}

/** Padding of a window over an image; null where it depends on sizes that are known when the model runs. */
export function padsOf(window: Window, sizes: readonly Size[]): Pads | null {
  if (window.padding !== 'same') return window.padding;
  const pads = sizes.map((size, axis) => {
    const [stride, extent] = [window.strides[axis] ?? 1, extentOf(window, axis)];
    // With stride 1 the size does not matter.
    if (!isNumber(size)) return stride === 1 ? split(extent - 1) : null;
    return split(Math.max((Math.ceil(size / stride) - 1) * stride + extent - size, 0));
  });
  return pads.every((pad) => pad !== null) ? pads : null;
}

function split(total: number): readonly [number, number] {
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

export function extentOf({ kernel, dilations }: Window, axis: number): number {
  return (dilations[axis] ?? 1) * ((kernel[axis] ?? 1) - 1) + 1;
}

/** Sizes of what a window gives. */
export function outputSizes(context: NodeContext, window: Window, sizes: readonly Size[]): Size[] {
  return sizes.map((size, axis) => {
    const stride = window.strides[axis] ?? 1;
    if (window.padding === 'same') {
      if (stride === 1) return size;
      return isNumber(size) ? Math.ceil(size / stride) : context.unknownSize();
    }
    const [begin = 0, end = 0] = window.padding[axis] ?? [];
    if (!isNumber(size))
      return stride === 1 && begin + end === extentOf(window, axis) - 1 ? size : context.unknownSize();
    const positions = Math.floor((size + begin + end - extentOf(window, axis)) / stride) + 1;
    if (positions < 1) throw context.broken(`moves a kernel of ${extentOf(window, axis)} along an axis of ${size}`);
    return positions;
  });
}

/** The attributes of ONNX. */
export function windowAttributes(window: Window, sizes: readonly Size[]): AttributeInputs {
  const pads = padsOf(window, sizes);
  return {
    kernel_shape: window.kernel,
    strides: window.strides,
    ...(window.dilations.every((dilation) => dilation === 1) ? {} : { dilations: window.dilations }),
    ...(pads === null
      ? { auto_pad: 'SAME_UPPER' }
      : { pads: [...pads.map(([begin]) => begin), ...pads.map(([, end]) => end)] }),
  };
}

export function spatialSizes({ shape }: TensorValue): readonly Size[] {
  return shape.slice(1, -1);
}
