import { float } from '../../../graph/builder.js';
import type { RuleContext } from '../../rule.js';

/** h = r (x - mean), or r x where it is not centered, with r = 1 / sqrt(mean of squares + epsilon) over `axes`. */
export interface Standardized {
  readonly values: string;
  /** r, of size one along the axes. */
  readonly inverseDeviation: string;
  readonly axes: readonly number[];
  readonly isCentered: boolean;
}

/** What is standardized over which trailing axes. */
export interface Standardization {
  readonly x: string;
  readonly axes: readonly number[];
  readonly epsilon: number;
  readonly isCentered: boolean;
}

/** The kernel gives r in float32 whatever its input is, so in float64 the definition has to be written out. */
export function standardize(context: RuleContext, form: Standardization): Standardized {
  return context.type(context.output) === 'float64' ? byDefinition(context, form) : byKernel(context, form);
}

/**
 * The runtime's own normalization with a scale of ones: one pass over memory gives both h and r, which is as fast as
 * (x - mean) r with statistics that were kept from the forward pass.
 */
function byKernel(context: RuleContext, { x, axes, epsilon, isCentered }: Standardization): Standardized {
  const { builder } = context;
  const axis = axes[0] ?? -1;
  const ones = builder.node('Expand', [context.scalar(1), builder.node('Shape', [x], { start: axis })]);
  const attributes = { axis, epsilon: float(epsilon) };
  const outputs = isCentered
    ? builder.nodes('LayerNormalization', [x, ones], 3, attributes)
    : builder.nodes('SimplifiedLayerNormalization', [x, ones], 2, attributes);
  return { values: outputs[0] ?? '', inverseDeviation: outputs.at(-1) ?? '', axes, isCentered };
}

function byDefinition(context: RuleContext, { x, axes, epsilon, isCentered }: Standardization): Standardized {
  const { builder } = context;
  const apart = isCentered ? builder.node('Sub', [x, mean(context, x, axes)]) : x;
  const variance = mean(context, builder.node('Mul', [apart, apart]), axes);
  const deviation = builder.node('Sqrt', [builder.node('Add', [variance, context.scalar(epsilon)])]);
  const inverseDeviation = builder.node('Div', [context.scalar(1), deviation]);
  return { values: builder.node('Mul', [apart, inverseDeviation]), inverseDeviation, axes, isCentered };
}

/** From the gradient g of h to that of x: dx = r (g - mean(g) - h mean(g h)), without mean(g) where h is not centered. */
export function throughStandardization(context: RuleContext, h: Standardized, gradient: string): string {
  const { builder } = context;
  const correlation = mean(context, builder.node('Mul', [gradient, h.values]), h.axes);
  const parallel = builder.node('Mul', [h.values, correlation]);
  const centered = h.isCentered ? builder.node('Sub', [gradient, mean(context, gradient, h.axes)]) : gradient;
  return builder.node('Mul', [builder.node('Sub', [centered, parallel]), h.inverseDeviation]);
}

/** Over axes that stay, with size one. */
export function mean({ builder }: RuleContext, value: string, axes: readonly number[]): string {
  return builder.node('ReduceMean', [value, builder.integers(axes)]);
}
