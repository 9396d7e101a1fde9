import { slicePositions } from '../../../graph/slice-positions.js';
import type { GradientRule, RuleContext } from '../../rule.js';
import { padAxes, stretchOf, unselect, type Selection } from '../along-axis.js';
import { constantIntegers } from '../constant-inputs.js';
import { scatterByPosition } from '../scatter.js';

/** A stretch of some axes, in steps of any size and sign; what was left out has no influence. */
export const slice: GradientRule = (context) => {
  const selections = constantSelections(context);
  if (selections !== null) return [byConstants(context, selections)];
  return [stepsByOne(context) ? byComputedBounds(context) : scatterByPosition(context)];
};

function byConstants(context: RuleContext, selections: readonly Selection[]): string {
  const rank = context.rank(context.input(0));
  const spread = selections
    .filter((selection) => stretchOf(selection) === null)
    .reduce((gradient, selection) => unselect(context, gradient, rank, selection), context.gradient);
  const stretches = selections.flatMap((selection) => stretchOf(selection) ?? []);
  return padAxes(context, spread, rank, stretches);
}

/** Null where a bound is computed, or an axis grows with the batch. */
function constantSelections(context: RuleContext): Selection[] | null {
  const x = context.input(0);
  const [starts, ends, axes, steps] = [1, 2, 3, 4].map((index) => constantIntegers(context, index));
  if (starts === null || ends === null || axes === null || steps === null) return null;
  const selections = starts?.map((start, i) => {
    const axis = context.axis(axes?.[i] ?? i, context.rank(x));
    const size = context.shape(x)[axis];
    return typeof size === 'number'
      ? { axis, size, sources: slicePositions(size, start, ends?.[i] ?? 0, steps?.[i] ?? 1) }
      : null;
  });
  return selections?.every((selection) => selection !== null) ? selections : null;
}

function stepsByOne(context: RuleContext): boolean {
  const steps = constantIntegers(context, 4);
  return steps === undefined || (steps?.every((step) => step === 1) ?? false);
}

/** Pads by amounts that are computed from the bounds. */
function byComputedBounds(context: RuleContext): string {
  const { builder, gradient } = context;
  const axes = context.optionalInput(3) ?? builder.integers(Array.from({ length: boundCount(context) }, (_, i) => i));
  const sizesOf = (value: string): string => builder.node('Gather', [builder.node('Shape', [value]), axes]);
  const sizes = sizesOf(context.input(0));
  const starts = builder.cast(context.input(1), 'int64');
  const zero = builder.integers([0]);
  const isNegative = builder.cast(builder.node('Less', [starts, zero]), 'int64');
  const fromFront = builder.node('Add', [starts, builder.node('Mul', [isNegative, sizes])]);
  const begin = builder.node('Max', [builder.node('Min', [fromFront, sizes]), zero]);
  const end = builder.node('Sub', [builder.node('Sub', [sizes, begin]), sizesOf(gradient)]);
  return builder.node('Pad', [gradient, builder.node('Concat', [begin, end], { axis: 0 }), '', axes]);
}

function boundCount(context: RuleContext): number {
  return context.sizes(context.input(1), 0)[0] ?? 0;
}
