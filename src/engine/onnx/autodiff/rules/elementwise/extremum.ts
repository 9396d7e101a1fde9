import { reduceTo } from '../../broadcast.js';
import type { GradientRule } from '../../rule.js';

/** y = max(a, b, ...); where several are largest the first of them wins. */
export const max = extremum('GreaterOrEqual');

/** y = min(a, b, ...); where several are smallest the first of them wins. */
export const min = extremum('LessOrEqual');

/** One operand after the other takes what is left of the gradient where it is the extremum. */
function extremum(comparison: string): GradientRule {
  return (context) => {
    const { builder, node, output } = context;
    const last = node.inputs.length - 1;
    const rival = last === 1 ? context.input(1) : output;
    let rest = context.gradient;
    return node.inputs.map((operand, i) => {
      const own = i === last ? rest : context.masked(rest, builder.node(comparison, [operand, rival]));
      if (i < last) rest = builder.node('Sub', [rest, own]);
      return context.wants(i) ? reduceTo(context, own, context.shape(output), operand) : null;
    });
  };
}
