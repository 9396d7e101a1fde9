import { Type } from '@sinclair/typebox';
import { row } from '#base/tensor';
import { defineExplainer } from '#plugin/explainer';
import { isComplete, refined } from '../refinement.js';
import { baselineOptions, chosenBaseline, gradientTarget, pathTrouble } from './gradient-question.js';

export const integratedGradients = defineExplainer({
  id: 'integrated-gradients',
  title: 'Integrated gradients',
  description:
    'What each value adds to the score on the straight way from a baseline to the input: its difference times the mean gradient on the way, by ' +
    'Gauss-Legendre quadrature whose nodes are doubled until the values add up.',
  sources: ['Sundararajan, Taly & Yan 2017, Axiomatic attribution for deep networks, arXiv:1703.01365'],
  needs: ['gradients'],
  role: 'explanation',
  options: Type.Object(
    {
      ...baselineOptions,
      steps: Type.Integer({ minimum: 2, default: 64, description: 'Nodes of the first quadrature.' }),
      maximumSteps: Type.Integer({ minimum: 2, default: 1024, description: 'Nodes at which doubling stops.' }),
    },
    { additionalProperties: false },
  ),
  appliesTo: pathTrouble,
  async explain(context) {
    const { sample, score, options } = context;
    const { inputs, words } = await chosenBaseline(context);
    const found = await refined(gradientTarget(context), sample.inputs, row(inputs, 0), score, options);
    const { map, difference, residual } = found.attribution;
    const addsUp = isComplete(found.attribution);
    return {
      attribution: { values: map, completeness: { difference, residual } },
      details: [],
      statements: [
        `The baseline is ${words}; ${found.steps} nodes were taken.`,
        ...(addsUp ? [] : [`The values do not add up: ${residual.toPrecision(2)} is too much by their sum.`]),
        'Where the input equals the baseline a value gets nothing.',
      ],
    };
  },
});
