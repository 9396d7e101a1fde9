import type { GradientRule } from '../../autodiff/rule.js';
import { intOf, intsOf } from '../../graph/attributes.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Node } from '../../graph/ir.js';
import { BLOCKED_WEIGHTS, OWN_DOMAIN } from '../../own-operators.js';

/** A convolution's weights, [outputs, inputs, height, width], and the lanes of the kernels that read them. */
export interface FedWeights {
  readonly plain: string;
  readonly shape: readonly number[];
  readonly block: number;
}

export function appendFedWeights(
  builder: GraphBuilder,
  plain: string,
  shape: readonly number[],
  block: number,
): string {
  return builder.add(
    OWN_DOMAIN,
    BLOCKED_WEIGHTS,
    [plain],
    new Map([
      ['shape', { kind: 'ints', value: shape }],
      ['block', { kind: 'int', value: block }],
    ]),
  );
}

/** Null for every other node. */
export function fedWeightsOf(node: Node | undefined): FedWeights | null {
  if (node?.domain !== OWN_DOMAIN || node.op !== BLOCKED_WEIGHTS) return null;
  return { plain: node.inputs[0] ?? '', shape: intsOf(node, 'shape') ?? [], block: intOf(node, 'block', 1) };
}

export const fedWeights: GradientRule = ({ builder, gradient, node }) => {
  const { shape, block } = fedWeightsOf(node) ?? { shape: [], block: 1 };
  const [outputs = 0, inputs = 0, height = 0, width = 0] = shape;
  const lanes = inputs < block ? 1 : block;
  const split = builder.reshape(gradient, [outputs / block, inputs / lanes, height * width, lanes, block]);
  return [builder.reshape(builder.transpose(split, [0, 4, 1, 3, 2]), shape)];
};

/** `OIHWBiBo`, or `OIHWBo` where there are fewer inputs than a block has lanes: see `blockedWeights`. */
export function lowerFedWeights(builder: GraphBuilder, node: Node): void {
  const { plain, shape, block } = fedWeightsOf(node) ?? { plain: '', shape: [], block: 1 };
  const [outputs = 0, inputs = 0, height = 0, width = 0] = shape;
  const lanes = inputs < block ? 1 : block;
  const split = builder.reshape(plain, [outputs / block, block, inputs / lanes, lanes, height * width]);
  const ordered = builder.reshape(builder.transpose(split, [0, 2, 4, 3, 1]), shape);
  builder.rename(ordered, node.outputs[0] ?? '');
}

/**
 * Weights of the convolution that takes a gradient back to an input of one channel, several positions of it at once: each
 * phase is an output channel.
 *
 * @param taps for each phase and each position of `kernel` the position in the weights' own, or their number for a zero
 * @param kernel of the phases
 */
export function phasedFedWeights(
  builder: GraphBuilder,
  { plain, shape, block }: FedWeights,
  taps: readonly number[],
  kernel: readonly [number, number],
): string {
  const [outputs = 0, , height = 0, width = 0] = shape;
  const flat = builder.reshape(plain, [outputs, height * width]);
  const withZero = builder.node('Pad', [flat, builder.integers([0, 0, 0, 1])]);
  const phased = builder.node('Gather', [withZero, builder.integers(taps)], { axis: 1 });
  const area = kernel[0] * kernel[1];
  const fed = { plain: phased, shape: [outputs, taps.length / area, ...kernel], block };
  return turnedFedWeights(builder, fed, [...Array(area).keys()], kernel);
}

/**
 * Weights of the convolution that takes a gradient back to its inputs: [inputs, outputs, taps] in blocked order, with the
 * chosen positions of the kernel. Inputs are filled up with zeros to a whole block.
 *
 * @param taps positions y width + x of the kernel, in the order in which the window meets the gradient
 */
export function turnedFedWeights(
  builder: GraphBuilder,
  { plain, shape, block }: FedWeights,
  taps: readonly number[],
  kernel: readonly [number, number],
): string {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = shape;
  const filled = Math.ceil(inputs / block) * block;
  const flat = builder.reshape(plain, [outputs, inputs, height * width]);
  const whole =
    filled === inputs ? flat : builder.node('Pad', [flat, builder.integers([0, 0, 0, 0, filled - inputs, 0])]);
  const split = builder.reshape(whole, [outputs / block, block, filled / block, block, height * width]);
  const turned = builder.transpose(split, [2, 0, 4, 1, 3]);
  const chosen = builder.node('Gather', [turned, builder.integers(taps)], { axis: 2 });
  return builder.reshape(chosen, [filled, outputs, ...kernel]);
}
