import type { GraphBuilder } from '../../../graph/builder.js';
import type { Attribute, Constant } from '../../../graph/ir.js';
import { BLOCKED } from '../../../passes/blocked-layout.js';
import { blockedWeights, unblockedWeights } from '../../../passes/blocked-weights.js';
import type { GradientRule, RuleContext } from '../../rule.js';
import { flippedWeights } from './conv.js';
import { phasesBack, phasesOf, suitsPhases } from './phased-conv.js';
import { extent, windows, type Window } from '../window.js';

/** The rules of the runtime's operators on the blocked layout, by domain and operator. */
export function blockedRules(block: number): ReadonlyMap<string, GradientRule> {
  return new Map([
    [`${BLOCKED}.Conv`, (context) => [byInput(context, block)]],
    [`${BLOCKED}.ReorderInput`, reorderInput],
    [`${BLOCKED}.ReorderOutput`, reorderOutput],
  ]);
}

const reorderInput: GradientRule = (context) => {
  const channels = context.shape(context.input(0))[1];
  if (typeof channels !== 'number') return context.fail('has no fixed number of channels');
  return [plain(context.builder, context.gradient, channels)];
};

const reorderOutput: GradientRule = ({ builder, gradient }) => [
  builder.add(BLOCKED, 'ReorderInput', [gradient], new Map()),
];

/** A convolution of stride 1 with flipped, transposed weights; its input was plain where it has less than a block of channels. */
function byInput(context: RuleContext, block: number): string {
  const { builder } = context;
  const stored = context.constant(context.input(1)) ?? context.fail('has weights that are no constant');
  const weight = unblockedWeights(stored, block);
  const axes = windows(context, weight.shape.slice(2));
  const turned = flippedWeights(weight, 1);
  const channels = turned.shape[0] ?? 0;
  const [height = 0, width = 0] = axes.map((w) => w.input);
  if (suitsPhases(channels, height, width)) {
    const { weight: phases, strides } = phasesOf(turned);
    const blocked = convolve(builder, context.gradient, phases, padsBack(axes), strides, block);
    return phasesBack(builder, plain(builder, blocked, phases.shape[0] ?? 0), height, width);
  }
  const blocked = convolve(builder, context.gradient, turned, padsBack(axes), [1, 1], block);
  return channels < block ? plain(builder, blocked, channels) : blocked;
}

function padsBack(axes: readonly Window[]): number[] {
  const begin = axes.map((w) => extent(w) - 1 - w.padBegin);
  const end = axes.map((w, i) => w.input - w.output + extent(w) - 1 - (begin[i] ?? 0));
  return [...begin, ...end];
}

function convolve(
  builder: GraphBuilder,
  input: string,
  weight: Constant,
  pads: readonly number[],
  strides: readonly number[],
  block: number,
): string {
  const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
  const attributes = new Map([
    ['kernel_shape', ints(weight.shape.slice(2))],
    ['pads', ints(pads)],
    ['strides', ints(strides)],
  ]);
  return builder.add(BLOCKED, 'Conv', [input, builder.constant(blockedWeights(weight, block), 'flipped')], attributes);
}

function plain(builder: GraphBuilder, blocked: string, channels: number): string {
  return builder.add(BLOCKED, 'ReorderOutput', [blocked], new Map([['channels', { kind: 'int', value: channels }]]));
}
