import { reshapeTarget } from '../../../graph/shape.js';
import type { GradientRule, RuleContext } from '../../rule.js';
import { activationsOf } from './activations.js';
import { Direction } from './direction.js';

/** What going back through time gives for one direction. */
export interface ThroughTime {
  /** By the arguments of the gates, as far as they come from the input, [steps x batch, gates x hidden]. */
  readonly byInput: string;
  /** The same as far as they come from the state; the same value for most layers. */
  readonly byState: string;
  /** By R, [gates x hidden, hidden]. */
  readonly r: () => string;
  /** By the peepholes, [gates x hidden]. */
  readonly peepholes?: () => string;
  /** By the initial states, [batch, hidden]. */
  readonly initialState: string;
  readonly initialCell?: string | undefined;
}

/**
 * A recurrent layer runs forward as the runtime's one operator. The way back computes the gates of all time steps at once
 * from the input and the hidden states, which that operator gives, and only then goes from step to step, with one small
 * product each; gradients by input and weights are one large product over all steps (Werbos 1990, Backpropagation
 * through time).
 *
 * @param activations those of one direction, where the node does not say
 */
export function recurrentRule(
  activations: readonly string[],
  throughTime: (direction: Direction) => ThroughTime,
): GradientRule {
  return (context) => {
    if (context.int('layout', 0) !== 0) return context.fail('has the batch as its first axis');
    const parts = directions(context, activations).map((direction) => ({ direction, ...throughTime(direction) }));
    const { builder } = context;
    const each = (index: number, gradient: (part: (typeof parts)[number]) => string | undefined): string | null =>
      context.wants(index) ? stacked(context, parts.map(gradient)) : null;
    return [
      context.wants(0) ? byInput(context, parts) : null,
      each(1, (part) => builder.node('Gemm', [part.byInput, part.direction.x], { transA: 1 })),
      each(2, (part) => part.r()),
      each(3, (part) => byBias(context, part)),
      null,
      each(5, (part) => part.initialState),
      each(6, (part) => part.initialCell),
      each(7, (part) => part.peepholes?.()),
    ];
  };
}

function directions(context: RuleContext, defaults: readonly string[]): Direction[] {
  const kind = context.string('direction', 'forward');
  const count = kind === 'bidirectional' ? 2 : 1;
  const given = context.node.attributes.get('activations');
  const names = given?.kind === 'strings' ? given.value : Array.from({ length: count }, () => defaults).flat();
  const all = activationsOf(context, names);
  const size = all.length / count;
  return Array.from({ length: count }, (_, i) => {
    const isReverse = kind === 'reverse' || i === 1;
    return new Direction(context, all.slice(i * size, (i + 1) * size), i, isReverse);
  });
}

function byInput(context: RuleContext, parts: readonly { direction: Direction; byInput: string }[]): string {
  const { builder } = context;
  const flat = parts
    .map((part) => builder.node('Gemm', [part.byInput, part.direction.w]))
    .reduce((a, b) => builder.node('Add', [a, b]));
  const target = reshapeTarget(context.shape(context.input(0)));
  return target === null ? builder.reshapeLike(flat, context.input(0)) : builder.reshape(flat, target);
}

/** Both biases are added to the same gates. */
function byBias({ builder }: RuleContext, { byInput, byState }: ThroughTime): string {
  const sum = builder.reduceSum(byInput, [0], false);
  const sums = [sum, byState === byInput ? sum : builder.reduceSum(byState, [0], false)];
  return builder.node('Concat', sums, { axis: 0 });
}

/** The directions' gradients side by side, along an axis in front. */
function stacked({ builder }: RuleContext, gradients: readonly (string | undefined)[]): string | null {
  const present = gradients.filter((gradient) => gradient !== undefined);
  if (present.length === 0) return null;
  const apart = present.map((gradient) => builder.node('Unsqueeze', [gradient, builder.integers([0])]));
  return apart.length === 1 ? (apart[0] ?? null) : builder.node('Concat', apart, { axis: 0 });
}
