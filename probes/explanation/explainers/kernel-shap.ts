import { Type } from '@sinclair/typebox';
import { defineExplainer } from '#plugin/explainer';
import { affordable } from '../features/budget.js';
import { kernelCoalitions, leastBudget } from '../methods/coalitions/kernel-coalitions.js';
import { kernelRegression, kernelShap as kernelShapOf } from '../methods/coalitions/kernel-shap.js';
import { absenceTrouble, coalitionOptions, coalitionQuestion, explainedByShapley } from './coalition-question.js';

export const kernelShap = defineExplainer({
  id: 'kernel-shap',
  title: 'KernelSHAP',
  description:
    'Shapley values of the features, estimated by a weighted regression over coalitions: small and large coalitions all, others drawn together with ' +
    'their complements. The values add up exactly, every feature is in the regression, and each value has its standard error.',
  sources: [
    'Lundberg & Lee 2017, A unified approach to interpreting model predictions, arXiv:1705.07874',
    'Covert & Lee 2021, Improving KernelSHAP, arXiv:2012.01536',
  ],
  needs: ['scores'],
  role: 'explanation',
  options: Type.Object(
    {
      samples: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 2 })], {
        default: 'auto',
        description:
          'Coalitions that are asked for. `auto`: 2,048, and less of long texts (512 of 512 tokens) and large pictures. Fewer than four for each ' +
          'feature are raised to that.',
      }),
      ...coalitionOptions,
    },
    { additionalProperties: false },
  ),
  appliesTo: ({ domain }) => absenceTrouble(domain),
  async explain(context) {
    const { samples: wanted } = context.options;
    const samples = wanted === 'auto' ? affordable(2048, context.target.domain) : wanted;
    const budgetOf = (players: number) => Math.max(samples, leastBudget(players));
    const question = await coalitionQuestion(context, budgetOf);
    const { players } = question.game;
    const source = context.random.of(context.sample.indices[0] ?? -1);
    const coalitions = kernelCoalitions(players, budgetOf(players), true, source);
    const estimate = await kernelShapOf(question.game, kernelRegression(coalitions));
    const which = coalitions.firstDrawn === coalitions.weights.length ? 'all' : 'some';
    const asked = `${coalitions.count} coalitions of ${players} features were asked for, which are ${which} of them`;
    return explainedByShapley(context, question, estimate, asked);
  },
});
