import type { GradientRule, RuleContext } from '../../rule.js';
import { padAxes } from '../along-axis.js';
import { zerosLike } from '../scatter.js';

/** The parts' gradients side by side; a part that nothing depends on gives zeros. */
export const split: GradientRule = (context) => {
  const { builder, node, gradients } = context;
  const axis = context.axis(context.int('axis', 0), context.rank(context.input(0)));
  const alone = paddedPart(context, axis);
  if (alone !== null) return [alone];
  const parts = node.outputs.map((output, i) => gradients[i] ?? zerosLike(context, output));
  return [builder.node('Concat', parts, { axis })];
};

/** The only part that anything depends on, with zeros on both sides; null where there are more, or sizes are not known. */
function paddedPart(context: RuleContext, axis: number): string | null {
  const { gradients, node } = context;
  const used = gradients.flatMap((gradient, i) => (gradient === null ? [] : [{ gradient, i }]));
  const [part] = used;
  if (part === undefined || used.length > 1) return null;
  const sizes = node.outputs.map((output) => context.shape(output)[axis]);
  if (!sizes.every((size) => typeof size === 'number')) return null;
  const total = (some: readonly number[]): number => some.reduce((sum, size) => sum + size, 0);
  const padding = { axis, begin: total(sizes.slice(0, part.i)), end: total(sizes.slice(part.i + 1)) };
  return padAxes(context, part.gradient, context.rank(context.input(0)), [padding]);
}
