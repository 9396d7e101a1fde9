import { reduceTo } from '../../broadcast.js';
import type { GradientRule, RuleContext } from '../../rule.js';
import { standardize, throughStandardization, type Standardization } from './standardization.js';

/** y = scale h + bias, h with mean 0 and variance 1 over the axes from `axis` on. */
export const layerNormalization: GradientRule = (context) => normalization(context, true);

/** y = scale h, h with a mean of squares of 1 over the axes from `axis` on. */
export const rmsNormalization: GradientRule = (context) => normalization(context, false);

function normalization(context: RuleContext, isCentered: boolean): (string | null)[] {
  if (context.gradients.slice(1).some((gradient) => gradient !== null)) context.fail('gives statistics that are used');
  const { input, scale, bias } = scaledGradients(context, {
    x: context.input(0),
    axis: context.axis(context.int('axis', -1), context.rank(context.input(0))),
    epsilon: context.float('epsilon', 1e-5),
    isCentered,
    scale: 1,
    bias: 2,
  });
  return [input, scale, bias];
}

/** A standardization over the axes from `axis` on whose scale and bias are the inputs of these positions. */
export interface ScaledNormalization extends Omit<Standardization, 'axes'> {
  readonly axis: number;
  readonly scale: number;
  readonly bias: number;
}

/** From the gradient of y = scale h + bias to those of x, scale and bias. */
export function scaledGradients(
  context: RuleContext,
  form: ScaledNormalization,
): { input: string; scale: string | null; bias: string | null } {
  const { builder, gradient } = context;
  const shape = context.shape(context.output);
  const axes = Array.from({ length: shape.length - form.axis }, (_, i) => form.axis + i);
  const h = standardize(context, { ...form, axes });
  const byParameter = (position: number, full: () => string): string | null =>
    context.wants(position) ? reduceTo(context, full(), shape, context.input(position)) : null;
  return {
    input: throughStandardization(context, h, builder.node('Mul', [gradient, context.input(form.scale)])),
    scale: byParameter(form.scale, () => builder.node('Mul', [gradient, h.values])),
    bias: byParameter(form.bias, () => gradient),
  };
}
