import type { RuleContext } from '../rule.js';

/** One spatial axis of a convolution or pooling, with padding made explicit. */
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
export function extent(window: Window): number {
  return window.dilation * (window.kernel - 1) + 1;
}

/** Reads the spatial axes of a node whose first input and output are [batch, channels, ...spatial]. */
export function windows(context: RuleContext, kernel: readonly number[]): Window[] {
  const input = context.sizes(context.input(0), 2);
  const output = context.sizes(context.output, 2);
  const strides = context.ints('strides');
  const dilations = context.ints('dilations');
  const pads = context.ints('pads');
  const automatic = context.string('auto_pad', 'NOTSET');
  return kernel.map((size, axis) => {
    const bare: Window = {
      kernel: size,
      stride: strides?.[axis] ?? 1,
      dilation: dilations?.[axis] ?? 1,
      padBegin: pads?.[axis] ?? 0,
      padEnd: pads?.[axis + kernel.length] ?? 0,
      input: input[axis] ?? 0,
      output: output[axis] ?? 0,
    };
    return automatic === 'NOTSET' || automatic === '' ? bare : { ...bare, ...automaticPads(bare, automatic) };
  });
}

function automaticPads(window: Window, mode: string): { padBegin: number; padEnd: number } {
  if (mode === 'VALID') return { padBegin: 0, padEnd: 0 };
  const total = Math.max((window.output - 1) * window.stride + extent(window) - window.input, 0);
  const small = Math.floor(total / 2);
  return mode === 'SAME_UPPER'
    ? { padBegin: small, padEnd: total - small }
    : { padBegin: total - small, padEnd: small };
}

/**
 * The attributes of the ConvTranspose that takes a gradient from the output of a strided window back to its input:
 * stride (output - 1) + extent - padBegin - padEnd + outputPadding = input.
 */
export function transposedAttributes(axes: readonly Window[]): Record<string, number[]> {
  const surplus = axes.map((w) => w.stride * (w.output - 1) + extent(w) - w.padBegin - w.input);
  return {
    strides: axes.map((w) => w.stride),
    dilations: axes.map((w) => w.dilation),
    kernel_shape: axes.map((w) => w.kernel),
    pads: [...axes.map((w) => w.padBegin), ...surplus.map((s) => Math.max(s, 0))],
    output_padding: surplus.map((s) => Math.max(-s, 0)),
  };
}
