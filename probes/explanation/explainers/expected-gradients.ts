import { Type } from '@sinclair/typebox';
import { rowsOf } from '#base/tensor';
import { defineExplainer } from '#plugin/explainer';
import { expectedGradients as expectedGradientsOf } from '../methods/expected-gradients.js';
import { drawnBackground } from '../features/background.js';
import { gradientTarget, pathAttribution, valueTrouble } from './gradient-question.js';

export const expectedGradients = defineExplainer({
  id: 'expected-gradients',
  title: 'Expected gradients',
  description:
    'Integrated gradients from every input of a background, averaged: what each value adds against what is usual. Places on the way are drawn, and each ' +
    'value has its standard error.',
  sources: [
    'Erion, Janizek, Sturmfels, Lundberg & Lee 2021, Improving performance of deep learning models with axiomatic attribution priors and expected gradients, arXiv:1906.10670',
  ],
  needs: ['gradients'],
  role: 'explanation',
  options: Type.Object(
    {
      backgroundRows: Type.Integer({
        minimum: 1,
        default: 50,
        description: 'Inputs of the background that are drawn, as many as there are at most.',
      }),
      rounds: Type.Integer({
        minimum: 2,
        default: 8,
        description: 'Rounds through the background, each with one gradient an input.',
      }),
    },
    { additionalProperties: false },
  ),
  appliesTo: valueTrouble,
  async explain(context) {
    const { sample, score, options, random } = context;
    const background = await drawnBackground(context.background, context.random, options.backgroundRows);
    const found = await expectedGradientsOf(
      gradientTarget(context),
      sample,
      background,
      [score],
      options.rounds,
      random.fork('alpha'),
    );
    return {
      attribution: { ...pathAttribution(found), standardErrors: found.standardErrors },
      details: [],
      statements: [
        `${rowsOf(background)} inputs of the background were the baselines, ${options.rounds} times each.`,
        'Standard errors are those of the places that were drawn on the way; what another background would change is not in them.',
      ],
    };
  },
});
