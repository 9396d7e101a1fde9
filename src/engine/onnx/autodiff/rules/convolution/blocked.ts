import type { GraphBuilder } from '../../../graph/builder.js';
import type { Attribute, Constant } from '../../../graph/ir.js';
import { BLOCKED } from '../../../passes/blocked/domain.js';
import { channelProducts, channelSums, eachChannel } from '../../../passes/blocked/channels.js';
import { columnsBack } from '../../../passes/blocked/columns.js';
import { fedWeights, fedWeightsOf } from '../../../passes/blocked/fed-weights.js';
import { blockedWeights, unblockedWeights } from '../../../passes/blocked/weights.js';
import { BLOCKED_WEIGHTS, COLUMNS_APART, OWN_DOMAIN } from '../../../own-operators.js';
import type { GradientRule, RuleContext } from '../../rule.js';
import { windows, type Window } from '../window.js';
import { interleaved, phasesOfConv, spaceFromPhases } from './blocked-phases.js';
import { inputGradientOfFed, weightGradient, weightGradientOfPlain } from './blocked-weights.js';
import { pictureOfPhases, plainLayout } from './blocked-layout.js';
import { flippedWeights } from './conv.js';
import { phasesOf, rowPhases, suitsPhases } from './phased-conv.js';

/** The rules of the runtime's operators on the blocked layout, by domain and operator. */
/**
 * @param samples in one execution, where weights have gradients
 */
export function blockedRules(block: number, samples = 0): ReadonlyMap<string, GradientRule> {
  return new Map([
    [`${BLOCKED}.Conv`, (context) => conv(context, block, samples)],
    [`${BLOCKED}.ReorderInput`, reorderInput],
    [`${BLOCKED}.ReorderOutput`, reorderOutput],
    [`${OWN_DOMAIN}.${BLOCKED_WEIGHTS}`, fedWeights],
    [`${OWN_DOMAIN}.${COLUMNS_APART}`, columnsBack],
  ]);
}

const reorderInput: GradientRule = (context) => {
  const channels = context.shape(context.input(0))[1];
  if (typeof channels !== 'number') return context.fail('has no fixed number of channels');
  return [plainLayout(context.builder, context.gradient, channels)];
};

const reorderOutput: GradientRule = ({ builder, gradient }) => [
  builder.add(BLOCKED, 'ReorderInput', [gradient], new Map()),
];

/** y = activation(w * x + bias + sum) */
function conv(context: RuleContext, block: number, samples: number): (string | null)[] {
  const gradient = beforeActivation(context);
  const [channels, ...sizes] = context.sizes(context.output, 1);
  const area = sizes.reduce((a, b) => a * b, 1);
  return [
    context.wants(0) ? byInput(context, gradient, block, samples) : null,
    context.wants(1) ? byWeights(context, gradient, block, samples) : null,
    context.wants(2) ? channelSums(context.builder, gradient, channels ?? 0, area) : null,
    context.wants(3) ? gradient : null,
  ];
}

function byWeights(context: RuleContext, gradient: string, block: number, samples: number): string {
  const { builder } = context;
  const input = context.input(0);
  const [channels = 0, height = 0, width = 0] = context.sizes(input, 1);
  const weights = fedWeightsOf(builder.producerOf(context.input(1)));
  if (weights === null) {
    const products = channelProducts(builder, input, gradient, { samples, channels, height, width });
    return builder.reshape(products, [channels, 1, 1, 1]);
  }
  const [rows, columns] = windows(context, weights.shape.slice(2));
  if (rows === undefined || columns === undefined) return context.fail('has not two axes');
  const [outputs = 0] = weights.shape;
  const layer = { input, gradient, samples, outputs, inputs: channels, axes: [rows, columns] as const, block };
  return channels < block ? weightGradientOfPlain(builder, layer) : weightGradient(builder, layer);
}

/** ReLU and Clip are told from their results: what lies at a bound was cut off there. */
function beforeActivation(context: RuleContext): string {
  const { builder, gradient, output } = context;
  const above = (bound: number): string => builder.node('Greater', [output, context.scalar(bound)]);
  switch (context.string('activation', '')) {
    case '':
      return gradient;
    case 'Relu':
      // No number of a ReLU is negative. Measured: 0.75 of the time of a comparison.
      return context.masked(gradient, builder.cast(output, 'bool'));
    case 'Clip': {
      const [low = 0, high = 0] = context.floatList('activation_params') ?? [];
      const below = builder.node('Less', [output, context.scalar(high)]);
      return context.masked(gradient, builder.node('And', [above(low), below]));
    }
    default:
      return context.fail('applies an activation without a gradient rule');
  }
}

function byInput(context: RuleContext, gradient: string, block: number, samples: number): string {
  const { builder } = context;
  const stored = context.constant(context.input(1));
  if (stored === undefined) {
    const fed = fedWeightsOf(builder.producerOf(context.input(1)));
    if (fed !== null) return inputGradientOfFed(builder, gradient, fed, windows(context, fed.shape.slice(2)), samples);
    // A factor of each channel goes back as it came.
    return builder.add(BLOCKED, 'Conv', [gradient, context.input(1)], eachChannel(context.int('group', 1)));
  }
  const weight = unblockedWeights(stored, block);
  const axes = windows(context, weight.shape.slice(2));
  const layer = new BlockedConv(context.builder, block, context.int('group', 1));
  return axes.every((axis) => axis.stride === 1)
    ? layer.unstrided(gradient, weight, axes)
    : layer.strided(gradient, weight, axes);
}

/** The gradient of a blocked convolution by its input, blocked where the input is. */
class BlockedConv {
  constructor(
    private readonly builder: GraphBuilder,
    private readonly block: number,
    private readonly group: number,
  ) {}

  /** A convolution of stride 1 with flipped, transposed weights. */
  unstrided(gradient: string, weight: Constant, axes: readonly Window[]): string {
    const turned = flippedWeights(weight, this.group);
    const channels = turned.shape[0] ?? 0;
    const [height = 0, width = 0] = axes.map((w) => w.input);
    const isUndilated = axes.every((w) => w.dilation === 1);
    if (isUndilated && this.group === 1 && suitsPhases(channels, height, width)) {
      const rows = rowPhases(height, this.block);
      const { weight: phases, strides } = phasesOf(turned, rows);
      const blocked = this.#convolve(gradient, phases, padsBack(axes), { strides });
      return pictureOfPhases(this.builder, blocked, { channels, height, width, rows });
    }
    const dilations = axes.map((w) => w.dilation);
    const blocked = this.#convolve(gradient, turned, padsBack(axes), { dilations });
    return channels < this.block ? plainLayout(this.builder, blocked, channels) : blocked;
  }

  /** Of stride 2: each quarter of the input, by the parity of its row and column, from a convolution of its own. */
  strided(gradient: string, weight: Constant, axes: readonly Window[]): string {
    const channels = (weight.shape[1] ?? 0) * this.group;
    const [height = 0, width = 0] = axes.map((w) => w.input);
    if (channels < this.block) {
      const { weight: all, pads } = spaceFromPhases(weight, axes);
      const blocked = this.#convolve(gradient, all, pads, {});
      return pictureOfPhases(this.builder, blocked, { channels, height, width, rows: 2 });
    }
    const quarters = phasesOfConv(weight, axes, this.group).map(
      (quarter) => quarter && this.#convolve(gradient, quarter.weight, quarter.pads, {}),
    );
    return interleaved(this.builder, quarters, { channels, height, width, block: this.block });
  }

  #convolve(
    input: string,
    weight: Constant,
    pads: readonly number[],
    more: { readonly strides?: readonly number[]; readonly dilations?: readonly number[] },
  ): string {
    const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
    const attributes = new Map([
      ['kernel_shape', ints(weight.shape.slice(2))],
      ['pads', ints(pads)],
      ['strides', ints(more.strides ?? [1, 1])],
      ['dilations', ints(more.dilations ?? [1, 1])],
      ['group', { kind: 'int', value: this.group } as const],
    ]);
    const weights = this.builder.constant(blockedWeights(weight, this.block), 'turned');
    return this.builder.add(BLOCKED, 'Conv', [input, weights], attributes);
  }
}

function padsBack(axes: readonly Window[]): number[] {
  const begin = axes.map((w) => w.dilation * (w.kernel - 1) - w.padBegin);
  const end = axes.map((w, i) => w.input - w.output + w.dilation * (w.kernel - 1) - (begin[i] ?? 0));
  return [...begin, ...end];
}
