import type { Layer } from '../lowering/layer.js';
import type { Size, Value } from '../lowering/value.js';

/** Images, or signals, or volumes: how Keras lays them out is known, and ONNX wants the channels behind the batch. */
export interface Images {
  /** [n, channels, ...spatial] in the graph. */
  readonly name: string;
  readonly spatial: readonly Size[];
  readonly channels: Size;
  readonly batch: Size;
  readonly isLast: boolean;
  readonly mask: string | null;
}

/** @param axes how many spatial axes the layer works on */
export function imagesOf(layer: Layer, value: Value, axes: number): Images {
  const isLast = isChannelsLast(layer);
  const { shape } = value;
  if (shape.length !== axes + 2) return layer.broken(`takes ${axes + 2} axes and is called with ${shape.length}`);
  const { name } = isLast ? layer.layouts.channelsFirst(value) : layer.layouts.plain(value);
  const [batch = null] = shape;
  return isLast
    ? { name, spatial: shape.slice(1, -1), channels: shape.at(-1) ?? null, batch, isLast, mask: value.mask }
    : { name, spatial: shape.slice(2), channels: shape[1] ?? null, batch, isLast, mask: value.mask };
}

/** The value of Keras that images in the graph stand for. */
export function valueOf({ name, spatial, channels, batch, isLast, mask }: Images): Value {
  const shape = isLast ? [batch, ...spatial, channels] : [batch, channels, ...spatial];
  return { name, shape, type: 'float32', layout: isLast ? 'channels-first' : 'plain', mask };
}

export function isChannelsLast(layer: Layer): boolean {
  const format = layer.settings.text('data_format', 'channels_last');
  if (format !== 'channels_last' && format !== 'channels_first')
    return layer.broken(`has the data format \`${format}\``);
  return format === 'channels_last';
}

/** A window that slides along one axis. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

export type Padding = 'same' | 'valid' | 'causal';

export function paddingOf(layer: Layer): Padding {
  const padding = layer.settings.text('padding', 'valid').toLowerCase();
  if (padding === 'same' || padding === 'valid' || padding === 'causal') return padding;
  return layer.broken(`has the padding \`${padding}\``);
}

export function windowsOf(
  layer: Layer,
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): Window[] {
  return kernel.map((size, i) => {
    const window = { kernel: size, stride: strides[i] ?? 1, dilation: dilations[i] ?? 1 };
    return Object.values(window).every((each) => each >= 1) ? window : layer.broken('has a window of size zero');
  });
}

/** The extent of a dilated kernel. */
export function extentOf({ kernel, dilation }: Window): number {
  return (kernel - 1) * dilation + 1;
}

export interface Slid {
  /** Attributes of the ONNX operator. */
  readonly attributes: Readonly<Record<string, string | readonly number[]>>;
  readonly spatial: readonly Size[];
}

/**
 * Where windows lie, as TensorFlow pads: of an odd number of padded places the end gets one more. What is not known before
 * the model runs is left to the runtime.
 */
export function slide(spatial: readonly Size[], windows: readonly Window[], padding: Padding): Slid {
  const lengths = spatial.map((size, i) => lengthOf(size, windows[i] ?? ONE, padding));
  const attributes = {
    kernel_shape: windows.map(({ kernel }) => kernel),
    strides: windows.map(({ stride }) => stride),
    ...(windows.every(({ dilation }) => dilation === 1) ? {} : { dilations: windows.map(({ dilation }) => dilation) }),
  };
  const pads = spatial.map((size, i) => padsOf(size, windows[i] ?? ONE, padding));
  if (pads.some((pair) => pair === null))
    return { attributes: { ...attributes, auto_pad: 'SAME_UPPER' }, spatial: lengths };
  const known = pads.map((pair) => pair ?? [0, 0]);
  const all = [...known.map(([before]) => before), ...known.map(([, behind]) => behind)];
  return { attributes: all.every((pad) => pad === 0) ? attributes : { ...attributes, pads: all }, spatial: lengths };
}

const ONE: Window = { kernel: 1, stride: 1, dilation: 1 };

function lengthOf(size: Size, window: Window, padding: Padding): Size {
  if (size === null) return null;
  const covered = padding === 'valid' ? size - extentOf(window) + 1 : size;
  return Math.ceil(covered / window.stride);
}

function padsOf(size: Size, window: Window, padding: Padding): readonly [number, number] | null {
  if (padding === 'valid') return [0, 0];
  if (padding === 'causal') return [extentOf(window) - 1, 0];
  if (size === null && window.stride > 1) return null;
  const length = size === null ? 1 : Math.ceil(size / window.stride);
  const total = Math.max((length - 1) * window.stride + extentOf(window) - (size ?? 1), 0);
  const before = Math.floor(total / 2);
  return [before, total - before];
}
