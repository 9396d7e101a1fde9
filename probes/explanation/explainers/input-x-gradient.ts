import { Type } from '@sinclair/typebox';
import { defineExplainer } from '#plugin/explainer';
import { inputTimesGradient } from '../methods/saliency.js';
import { continuousDomain, gradientTarget, scoreTrouble } from './gradient-question.js';

export const inputXGradient = defineExplainer({
  id: 'input-x-gradient',
  title: 'Input times gradient',
  description:
    'Each value of the input, in the units of the data, times the gradient of the score there. Of a model that is linear, but for a constant, it is what ' +
    'each value adds.',
  sources: ['Shrikumar, Greenside, Shcherbina & Kundaje 2016, Not just a black box, arXiv:1605.01713'],
  needs: ['gradients'],
  role: 'explanation',
  options: Type.Object({}, { additionalProperties: false }),
  appliesTo: (facts) =>
    facts.domain.kind === 'text'
      ? 'The number of a token is no quantity, and targets do not give the values of embeddings by which a gradient could be multiplied.'
      : scoreTrouble(facts),
  async explain(context) {
    continuousDomain(context);
    const { values } = await inputTimesGradient(gradientTarget(context), context.sample.inputs, [context.score]);
    return {
      attribution: { values },
      details: [],
      statements: ['What is 0 in the units of the data gets nothing, whatever the model makes of it.'],
    };
  },
});
