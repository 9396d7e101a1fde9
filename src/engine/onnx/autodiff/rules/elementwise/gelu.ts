import { float } from '../../../graph/builder.js';
import { reduceTo } from '../../broadcast.js';
import type { GradientRule, RuleContext } from '../../rule.js';
import { times } from './pointwise.js';

/** Adds the nodes of the slope at `x`. */
type Slope = (context: RuleContext, x: string) => string;

/** dy/dx = 2 / sqrt(pi) e^(-x^2) */
export const erf = times((context) => gaussian(context, context.input(0), 2 / Math.sqrt(Math.PI)));

/** Gaussian error linear unit (Hendrycks & Gimpel 2016), exact or with the tanh that approximates it. */
export const gelu: GradientRule = (context) =>
  context.string('approximate', 'none') === 'tanh' ? fastGelu(context) : biasGelu(context);

/** y = x Phi(x), of x + bias where there is one. */
export const biasGelu = biased(exactSlope);

/** y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, of x + bias where there is one. */
export const fastGelu = biased(approximateSlope);

function biased(slope: Slope): GradientRule {
  return (context) => {
    const { builder } = context;
    const bias = context.optionalInput(1);
    const x = bias === null ? context.input(0) : builder.node('Add', [context.input(0), bias]);
    const gradient = builder.node('Mul', [context.gradient, slope(context, x)]);
    const shape = context.shape(context.output);
    return [gradient, bias !== null && context.wants(1) ? reduceTo(context, gradient, shape, bias) : null];
  };
}

/** Phi(x) + x phi(x), which is (1 + erf s) / 2 + s e^(-s^2) / sqrt(pi) for s = x / sqrt 2 */
function exactSlope(context: RuleContext, x: string): string {
  const { builder } = context;
  const s = builder.node('Mul', [x, context.scalar(Math.SQRT1_2)]);
  // The one operator that scales and shifts in one pass; between -1 and 1 it does not clip.
  const distribution = builder.node('HardSigmoid', [builder.node('Erf', [s])], { alpha: float(0.5), beta: float(0.5) });
  const density = builder.node('Mul', [s, gaussian(context, s, 1 / Math.sqrt(Math.PI))]);
  return builder.node('Add', [distribution, density]);
}

/** factor e^(-x^2), the factor as a summand of the exponent. */
function gaussian(context: RuleContext, x: string, factor: number): string {
  const { builder } = context;
  const square = builder.node('Mul', [x, x]);
  return builder.node('Exp', [builder.node('Sub', [context.scalar(Math.log(factor)), square])]);
}

/**
 * y = x s(v) with the logistic function s and v = 2 k (x + 0.044715 x^3), k = sqrt(2 / pi);
 * dy/dx = s + s (1 - s) x v' with x v' = 3 v - 4 k x. Beyond 10 the slope is 0 or 1 in every digit: the bounds keep x^3
 * from magnifying what rounding leaves of s and 1 - s.
 */
function approximateSlope(context: RuleContext, input: string): string {
  const { builder } = context;
  const k = Math.sqrt(2 / Math.PI);
  const scaled = (value: string, factor: number): string => builder.node('Mul', [value, context.scalar(factor)]);
  const x = builder.node('Clip', [input, context.scalar(-10), context.scalar(10)]);
  const cubic = scaled(builder.node('Mul', [x, x]), 2 * k * 0.044715);
  const v = builder.node('Mul', [x, builder.node('Add', [cubic, context.scalar(2 * k)])]);
  const s = builder.node('Sigmoid', [v]);
  const growth = builder.node('Sub', [scaled(v, 3), scaled(x, 4 * k)]);
  const bent = builder.node('Mul', [growth, builder.node('Sub', [context.scalar(1), s])]);
  return builder.node('Mul', [s, builder.node('Add', [bent, context.scalar(1)])]);
}
