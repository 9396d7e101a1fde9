import { fail, ints, text, type Call } from '../operator.js';

/** One axis of positions of a convolution or pooling, with its padding made explicit. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padBegin: number;
  readonly padEnd: number;
  readonly input: number;
  readonly output: number;
}

/** The extent of a dilated kernel. */
export function extent({ kernel, dilation }: Pick<Window, 'kernel' | 'dilation'>): number {
  return dilation * (kernel - 1) + 1;
}

/**
 * The axes of a window that moves over `sizes`.
 *
 * @param rounding of the number of windows: up where a last one may hang over the end
 */
export function windowsOf(
  call: Call,
  sizes: readonly number[],
  kernel: readonly number[],
  rounding: 'down' | 'up' = 'down',
): Window[] {
  if (kernel.length !== sizes.length) fail(call, `has a kernel of ${kernel.length} axes for ${sizes.length}`);
  const strides = ints(call, 'strides');
  const dilations = ints(call, 'dilations');
  const pads = ints(call, 'pads');
  const automatic = text(call, 'auto_pad', 'NOTSET');
  return kernel.map((size, axis) => {
    const bare = {
      kernel: size,
      stride: strides?.[axis] ?? 1,
      dilation: dilations?.[axis] ?? 1,
      input: sizes[axis] ?? 0,
    };
    const explicit = { padBegin: pads?.[axis] ?? 0, padEnd: pads?.[axis + kernel.length] ?? 0 };
    const around = automatic === 'NOTSET' || automatic === '' ? explicit : automaticPads(bare, automatic);
    return { ...bare, ...around, output: outputSize({ ...bare, ...around }, rounding) };
  });
}

function automaticPads(
  window: Omit<Window, 'padBegin' | 'padEnd' | 'output'>,
  mode: string,
): Pick<Window, 'padBegin' | 'padEnd'> {
  if (mode === 'VALID') return { padBegin: 0, padEnd: 0 };
  const output = Math.ceil(window.input / window.stride);
  const total = Math.max((output - 1) * window.stride + extent(window) - window.input, 0);
  const small = Math.floor(total / 2);
  return mode === 'SAME_UPPER'
    ? { padBegin: small, padEnd: total - small }
    : { padBegin: total - small, padEnd: small };
}

function outputSize(window: Omit<Window, 'output'>, rounding: 'down' | 'up'): number {
  const { input, stride, padBegin, padEnd } = window;
  const room = input + padBegin + padEnd - extent(window);
  if (rounding === 'down') return Math.floor(room / stride) + 1;
  const count = Math.ceil(room / stride) + 1;
  // A window has to begin inside of the input or of the padding in front of it.
  return (count - 1) * stride >= input + padBegin ? count - 1 : count;
}

/** What TensorFlow calls this padding; null where it has no name for it. */
export function namedPadding(axes: readonly Window[]): 'valid' | 'same' | null {
  if (axes.every(({ padBegin, padEnd }) => padBegin === 0 && padEnd === 0)) return 'valid';
  const isSame = axes.every((window) => {
    const { padBegin, padEnd } = automaticPads(window, 'SAME_UPPER');
    return (
      padBegin === window.padBegin &&
      padEnd === window.padEnd &&
      window.output === Math.ceil(window.input / window.stride)
    );
  });
  return isSame ? 'same' : null;
}

/** The positions that a place of the kernel meets, one for each window, in the padded input. */
export function met({ stride, dilation, output }: Window, place: number): number[] {
  return Array.from({ length: output }, (_, i) => i * stride + place * dilation);
}
