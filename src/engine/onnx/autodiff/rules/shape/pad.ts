import { float32Constant } from '../../../graph/constants.js';
import type { GradientRule, RuleContext } from '../../rule.js';

/** Constant padding is cut off again; for the other modes each copy gives its gradient back to where it came from. */
export const pad: GradientRule = (context) => {
  const mode = context.string('mode', 'constant');
  const { begin, end } = amounts(context);
  if (mode === 'constant') {
    const negated = [...begin, ...end].map((amount) => (amount === 0 ? 0 : -amount));
    return [context.builder.node('Pad', [context.gradient, context.builder.integers(negated)])];
  }
  let gradient = context.gradient;
  begin.forEach((before, axis) => {
    const after = end[axis] ?? 0;
    if (before !== 0 || after !== 0) gradient = alongAxis(context, gradient, mode, axis, before, after);
  });
  return [gradient];
};

function amounts(context: RuleContext): { begin: number[]; end: number[] } {
  const rank = context.rank(context.input(0));
  const pads = context.integers(1) ?? context.fail('has no pads');
  const axes = (context.integers(3) ?? Array.from({ length: rank }, (_, i) => i)).map((a) => context.axis(a, rank));
  const begin = Array.from({ length: rank }, () => 0);
  const end = [...begin];
  axes.forEach((axis, i) => {
    begin[axis] = pads[i] ?? 0;
    end[axis] = pads[i + axes.length] ?? 0;
  });
  return { begin, end };
}

/** Multiplies one axis by the 0-1 matrix that says which output position copied which input position. */
function alongAxis(
  context: RuleContext,
  gradient: string,
  mode: string,
  axis: number,
  before: number,
  after: number,
): string {
  const { builder } = context;
  const rank = context.rank(context.input(0));
  const size = context.shape(context.input(0))[axis];
  if (typeof size !== 'number') return context.fail('pads along the batch');
  const padded = size + before + after;
  const selection = new Float32Array(padded * size);
  for (let i = 0; i < padded; i++) selection[i * size + sourceOf(context, mode, i - before, size)] = 1;
  const matrix = builder.constant(float32Constant([padded, size], selection));
  const last = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  return builder.transpose(builder.node('MatMul', [builder.transpose(gradient, last), matrix]), last);
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
