import type { GradientRule, RuleContext } from '../../rule.js';
import { zerosLike } from '../scatter.js';

/** y = x with y[indices] = updates, or with updates added to what is there. */
export const scatterElements: GradientRule = (context) => {
  const axis = context.int('axis', 0);
  return [byData(context, { axis }), null, byUpdates(context, 'GatherElements', { axis })];
};

/** As ScatterElements, for blocks by their first coordinates. */
export const scatterNd: GradientRule = (context) => [byData(context, {}), null, byUpdates(context, 'GatherND', {})];

/** What was overwritten has no influence. */
function byData(context: RuleContext, attributes: Readonly<Record<string, number>>): string | null {
  const { builder, gradient, node } = context;
  const reduction = context.string('reduction', 'none');
  if (reduction !== 'none' && reduction !== 'add') return context.fail(`scatters by the reduction \`${reduction}\``);
  if (!context.wants(0)) return null;
  if (reduction === 'add') return gradient;
  return builder.node(node.op, [gradient, context.input(1), zerosLike(context, context.input(2))], attributes);
}

function byUpdates(context: RuleContext, op: string, attributes: Readonly<Record<string, number>>): string | null {
  return context.wants(2) ? context.builder.node(op, [context.gradient, context.input(1)], attributes) : null;
}
