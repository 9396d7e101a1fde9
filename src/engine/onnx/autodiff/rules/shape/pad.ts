import type { GradientRule, RuleContext } from '../../rule.js';
import { padAxes, unselect, type Padding } from '../along-axis.js';
import { constantIntegers } from '../constant-inputs.js';
import { scatterByPosition } from '../scatter.js';

/** Constant padding is cut off again; for the other modes each copy gives its gradient back to where it came from. */
export const pad: GradientRule = (context) => {
  const mode = context.string('mode', 'constant');
  if (mode === 'constant') return constantPad(context);
  const axes = fixedAxes(context);
  // Without the value that fills, which is real.
  if (axes === null) return [scatterByPosition(context, [context.input(1), '', context.optionalInput(3) ?? ''])];
  const rank = context.rank(context.input(0));
  return [
    axes.reduce((gradient, { axis, size, begin, end }) => {
      const sources = Array.from({ length: begin + size + end }, (_, i) => sourceOf(context, mode, i - begin, size));
      return unselect(context, gradient, rank, { axis, size, sources });
    }, context.gradient),
  ];
};

/** The value that fills gets what falls on the padding. */
function constantPad(context: RuleContext): (string | null)[] {
  const { builder, gradient } = context;
  const byInput = cutOff(context);
  if (!context.wants(2)) return [byInput];
  const total = (value: string): string => builder.node('ReduceSum', [value], { keepdims: 0 });
  const padding = builder.node('Sub', [total(gradient), total(byInput)]);
  return [byInput, null, builder.reshapeLike(padding, context.input(2))];
}

function cutOff(context: RuleContext): string {
  const { builder, gradient } = context;
  const paddings = constantPaddings(context);
  if (paddings !== null) {
    const negated = paddings.map(({ axis, begin, end }) => ({ axis, begin: -begin, end: -end }));
    return padAxes(context, gradient, context.rank(context.input(0)), negated);
  }
  const axes = context.optionalInput(3);
  const amounts = builder.node('Neg', [context.input(1)]);
  return builder.node('Pad', [gradient, amounts, ...(axes === null ? [] : ['', axes])]);
}

/** Null where amounts are computed. */
function constantPaddings(context: RuleContext): Padding[] | null {
  const rank = context.rank(context.input(0));
  const pads = constantIntegers(context, 1);
  const named = constantIntegers(context, 3);
  if (!pads || named === null) return null;
  const axes = named ?? Array.from({ length: rank }, (_, axis) => axis);
  return axes.map((axis, i) => ({
    axis: context.axis(axis, rank),
    begin: pads[i] ?? 0,
    end: pads[i + axes.length] ?? 0,
  }));
}

/** The axes that are padded, with their sizes; null where amounts are computed, or an axis grows with the batch. */
function fixedAxes(context: RuleContext): (Padding & { readonly size: number })[] | null {
  const shape = context.shape(context.input(0));
  const padded = constantPaddings(context)?.filter(({ begin, end }) => begin !== 0 || end !== 0);
  const sized = padded?.map((padding) => {
    const size = shape[padding.axis];
    return typeof size === 'number' ? { ...padding, size } : null;
  });
  return sized?.every((axis) => axis !== null) ? sized : null;
}

function sourceOf(context: RuleContext, mode: string, position: number, size: number): number {
  switch (mode) {
    case 'edge':
      return Math.min(Math.max(position, 0), size - 1);
    case 'reflect': {
      const period = Math.max(2 * (size - 1), 1);
      const folded = ((position % period) + period) % period;
      return folded < size ? folded : period - folded;
    }
    case 'wrap':
      return ((position % size) + size) % size;
    default:
      return context.fail(`pads by the mode \`${mode}\``);
  }
}
