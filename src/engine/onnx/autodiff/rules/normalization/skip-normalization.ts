import { reduceTo } from '../../broadcast.js';
import type { GradientRule, RuleContext } from '../../rule.js';
import { scaledGradients, type ScaledNormalization } from './layer-normalization.js';

/** LayerNormalization of input + skip + bias; inputs: input, skip, gamma, beta, bias. The sum is the fourth output. */
export const skipLayerNormalization: GradientRule = (context) => {
  const { sum, scale, bias } = throughSum(context, { isCentered: true, beta: 3, bias: 4 });
  return [sum(0), sum(1), scale, bias, sum(4)];
};

/** RMSNormalization of input + skip + bias; inputs: input, skip, gamma, bias. */
export const skipSimplifiedLayerNormalization: GradientRule = (context) => {
  const { sum, scale } = throughSum(context, { isCentered: false, beta: Infinity, bias: 3 });
  return [sum(0), sum(1), scale, sum(3)];
};

interface SkipForm {
  readonly isCentered: boolean;
  readonly beta: number;
  readonly bias: number;
}

function throughSum(
  context: RuleContext,
  form: SkipForm,
): { sum: (addend: number) => string | null; scale: string | null; bias: string | null } {
  const { builder } = context;
  const [normalized = null, mean = null, deviation = null, passed = null] = context.gradients;
  if (mean !== null || deviation !== null) context.fail('gives statistics that are used');
  const own = normalized === null ? null : scaledGradients(context, normalizationOf(context, form));
  const parts = [own?.input ?? null, passed].filter((part) => part !== null);
  const total = parts.reduce((sum, part) => builder.node('Add', [sum, part]));
  const shape = context.shape(context.input(0));
  return {
    sum: (addend) => (context.wants(addend) ? reduceTo(context, total, shape, context.input(addend)) : null),
    scale: own?.scale ?? null,
    bias: own?.bias ?? null,
  };
}

function normalizationOf(context: RuleContext, { isCentered, beta, bias }: SkipForm): ScaledNormalization {
  return {
    x: summed(context, bias),
    axis: context.rank(context.input(0)) - 1,
    epsilon: context.float('epsilon', 1e-12),
    isCentered,
    scale: 2,
    bias: beta,
  };
}

/** What was normalized: the fourth output where the node gives it. */
function summed(context: RuleContext, bias: number): string {
  const { builder, node } = context;
  const given = node.outputs[3] ?? '';
  if (given !== '') return given;
  const sum = builder.node('Add', [context.input(0), context.input(1)]);
  const added = context.optionalInput(bias);
  return added === null ? sum : builder.node('Add', [sum, added]);
}
