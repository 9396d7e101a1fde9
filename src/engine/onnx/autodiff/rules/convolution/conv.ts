import { float32Constant, float32Of } from '../../../graph/constants.js';
import type { Constant } from '../../../graph/ir.js';
import type { GradientRule, RuleContext } from '../../rule.js';
import { phasedConv, suitsPhases } from './phased-conv.js';
import { extent, transposedAttributes, windows, type Window } from '../window.js';

/** Convolution of any rank, with groups, strides, dilations and uneven pads. */
export const conv: GradientRule = (context) => {
  const kernel = context.sizes(context.input(1), 2);
  const axes = windows(context, kernel);
  return [
    context.wants(0) ? byInput(context, axes) : null,
    context.wants(1) ? byWeight(context, context.input(0), context.gradient, axes) : null,
    context.wants(2) ? byBias(context) : null,
  ];
};

/**
 * With stride 1 the gradient is a convolution with flipped, transposed weights, which the runtime lays out in blocks
 * because the weights are constant; otherwise a transposed convolution.
 */
function byInput(context: RuleContext, axes: readonly Window[]): string {
  const { builder } = context;
  const group = context.int('group', 1);
  const weight = context.constant(context.input(1));
  const begin = axes.map((w) => extent(w) - 1 - w.padBegin);
  const end = axes.map((w, i) => w.input - w.output + extent(w) - 1 - (begin[i] ?? 0));
  const isPlain = axes.every((w) => w.stride === 1) && [...begin, ...end].every((pad) => pad >= 0);
  if (isPlain && weight?.type === 'float32') {
    const turned = flippedWeights(weight, group);
    const [height = 0, width = 0] = axes.map((w) => w.input);
    if (group === 1 && isUndilatedPlane(axes) && suitsPhases(turned.shape[0] ?? 0, height, width)) {
      const pads = [...begin, ...end];
      return phasedConv(builder, { input: context.gradient, weight: turned, pads });
    }
    const flipped = builder.constant(turned, 'flipped');
    return builder.node('Conv', [context.gradient, flipped], {
      group,
      kernel_shape: axes.map((w) => w.kernel),
      dilations: axes.map((w) => w.dilation),
      pads: [...begin, ...end],
    });
  }
  return builder.node('ConvTranspose', [context.gradient, context.input(1)], { group, ...transposedAttributes(axes) });
}

function isUndilatedPlane(axes: readonly Window[]): boolean {
  return axes.length === 2 && axes.every((w) => w.dilation === 1);
}

/** [outputs, inputs / group, ...kernel] -> [inputs, outputs / group, ...kernel] with every kernel axis reversed. */
export function flippedWeights(weight: Constant, group: number): Constant {
  const [outputs = 0, inputsPerGroup = 0, ...kernel] = weight.shape;
  const outputsPerGroup = outputs / group;
  const area = kernel.reduce((a, b) => a * b, 1);
  const source = float32Of(weight);
  const flipped = new Float32Array(source.length);
  for (let g = 0; g < group; g++) {
    for (let o = 0; o < outputsPerGroup; o++) {
      for (let i = 0; i < inputsPerGroup; i++) {
        const from = ((g * outputsPerGroup + o) * inputsPerGroup + i) * area;
        const to = ((g * inputsPerGroup + i) * outputsPerGroup + o) * area;
        // Reversing every axis of a row-major block reverses the block.
        for (let k = 0; k < area; k++) flipped[to + k] = source[from + area - 1 - k] ?? 0;
      }
    }
  }
  return float32Constant([inputsPerGroup * group, outputsPerGroup, ...kernel], flipped);
}

/**
 * A convolution with batch and channels swapped: the image slides over what the kernel was moved along, strides and
 * dilations change places. Groups are kept as groups of the swapped convolution.
 *
 * @param image [n, group x c, ...inputs]: the input, or the gradient of a transposed convolution
 * @param steps [n, d, ...outputs]: the gradient, or the input of a transposed convolution
 * @returns [d, c, ...kernel]
 */
export function byWeight(context: RuleContext, image: string, steps: string, axes: readonly Window[]): string {
  const { builder } = context;
  const group = context.int('group', 1);
  const swap = [1, 0, ...axes.map((_, i) => i + 2)];
  const swapped = builder.node('Conv', [groupedImage(context, image, axes, group), builder.transpose(steps, swap)], {
    group,
    kernel_shape: axes.map((w) => w.output),
    strides: axes.map((w) => w.dilation),
    dilations: axes.map((w) => w.stride),
    pads: [...axes.map((w) => w.padBegin), ...axes.map((w) => w.padEnd)],
  });
  const spatial = axes.map((_, i) => i + 2);
  const cut = builder.node('Slice', [
    swapped,
    builder.integers(spatial.map(() => 0)),
    builder.integers(axes.map((w) => w.kernel)),
    builder.integers(spatial),
  ]);
  return builder.transpose(cut, swap);
}

/** [n, group x c, ...] -> [c, group x n, ...]: what each group of the swapped convolution reads. */
function groupedImage(context: RuleContext, image: string, axes: readonly Window[], group: number): string {
  const { builder } = context;
  const spatial = axes.map((w) => w.input);
  const swap = [1, 0, ...axes.map((_, i) => i + 2)];
  if (group === 1) return builder.transpose(image, swap);
  const channels = context.sizes(context.input(1), 1)[0] ?? 0;
  const split = builder.reshape(image, [-1, group, channels, ...spatial]);
  const moved = builder.transpose(split, [2, 1, 0, ...axes.map((_, i) => i + 3)]);
  return builder.reshape(moved, [channels, -1, ...spatial]);
}

export function byBias(context: RuleContext): string {
  const rank = context.rank(context.output);
  const axes = Array.from({ length: rank }, (_, i) => i).filter((axis) => axis !== 1);
  return context.builder.reduceSum(context.gradient, axes, false);
}
