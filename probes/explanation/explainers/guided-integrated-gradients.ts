import { Type } from '@sinclair/typebox';
import { defineExplainer } from '#plugin/explainer';
import { guidedIntegratedGradients as guidedOf } from '../methods/guided-integrated-gradients.js';
import { baselineOptions, chosenBaseline, gradientTarget, pathAttribution, valueTrouble } from './gradient-question.js';

export const guidedIntegratedGradients = defineExplainer({
  id: 'guided-integrated-gradients',
  title: 'Guided integrated gradients',
  description:
    'Integrated gradients on a way that keeps clear of noise: between anchors on the straight line those values move first whose gradients are the ' +
    'least.',
  sources: ['Kapishnikov et al. 2021, Guided integrated gradients, arXiv:2106.09788'],
  needs: ['gradients'],
  role: 'explanation',
  options: Type.Object(
    {
      ...baselineOptions,
      steps: Type.Integer({ minimum: 1, default: 210, description: 'Gradients on the whole way.' }),
      fraction: Type.Number({
        exclusiveMinimum: 0,
        maximum: 1,
        default: 0.25,
        description: 'Share of the values that move at a time. At 1 the way is straight.',
      }),
      anchors: Type.Integer({ minimum: 0, default: 20, description: 'Points of the straight line that are passed.' }),
    },
    { additionalProperties: false },
  ),
  appliesTo: valueTrouble,
  async explain(context) {
    const { sample, score, options } = context;
    const { inputs, words } = await chosenBaseline(context);
    const found = await guidedOf(gradientTarget(context), sample.inputs, inputs, [score], options);
    return {
      attribution: pathAttribution(found),
      details: [],
      statements: [
        `The baseline is ${words}; as published each step takes the gradient where it begins, so that the values add up in the limit of many steps.`,
      ],
    };
  },
});
