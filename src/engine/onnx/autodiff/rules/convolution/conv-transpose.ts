import type { GradientRule, RuleContext } from '../../rule.js';
import { extent, type Window } from '../window.js';
import { byBias, byWeight } from './conv.js';

/**
 * The transposed convolution is linear in its input and its weights. By the input it is turned back by the convolution
 * that it transposes; by the weights image and steps of that convolution change places.
 */
export const convTranspose: GradientRule = (context) => {
  const axes = transposedWindows(context);
  return [
    context.wants(0) ? byInput(context, axes) : null,
    context.wants(1) ? byWeight(context, context.gradient, context.input(0), axes) : null,
    context.wants(2) ? byBias(context) : null,
  ];
};

function byInput(context: RuleContext, axes: readonly Window[]): string {
  return context.builder.node('Conv', [context.gradient, context.input(1)], {
    group: context.int('group', 1),
    kernel_shape: axes.map((w) => w.kernel),
    strides: axes.map((w) => w.stride),
    dilations: axes.map((w) => w.dilation),
    pads: [...axes.map((w) => w.padBegin), ...axes.map((w) => w.padEnd)],
  });
}

/** The axes of the convolution that is transposed: its input is the node's output, its output the node's input. */
function transposedWindows(context: RuleContext): Window[] {
  const kernel = context.sizes(context.input(1), 2);
  const image = context.sizes(context.output, 2);
  const steps = context.sizes(context.input(0), 2);
  const strides = context.ints('strides');
  const dilations = context.ints('dilations');
  return kernel.map((size, axis) => {
    const bare = {
      kernel: size,
      stride: strides?.[axis] ?? 1,
      dilation: dilations?.[axis] ?? 1,
      padBegin: 0,
      padEnd: 0,
      input: image[axis] ?? 0,
      output: steps[axis] ?? 0,
    };
    const full = bare.stride * (bare.output - 1) + extent(bare);
    const padBegin = beginningOf(context, axis, full - bare.input);
    // Where the output is padded beyond the last step, nothing has to be added to the image.
    return { ...bare, padBegin, padEnd: Math.max(full - bare.input - padBegin, 0) };
  });
}

/**
 * How much of an axis is cut off at its beginning: `pads`, or a half of what the wanted size leaves over. The larger
 * half of an odd amount is at the beginning, unless `auto_pad` is SAME_UPPER.
 */
function beginningOf(context: RuleContext, axis: number, surplus: number): number {
  const automatic = context.string('auto_pad', 'NOTSET');
  const isSame = automatic.startsWith('SAME');
  if (context.ints('output_shape') === null && !isSame) return context.ints('pads')?.[axis] ?? 0;
  const total = Math.max(surplus + (context.ints('output_padding')?.[axis] ?? 0), 0);
  return automatic === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
}
