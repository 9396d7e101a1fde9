import { Type } from '@sinclair/typebox';
import { defineExplainer } from '#plugin/explainer';
import { deepLift as deepLiftOf } from '../methods/propagated.js';
import { baselineOptions, chosenBaseline, layeredTarget, pathAttribution, pathTrouble } from './gradient-question.js';

export const deepLift = defineExplainer({
  id: 'deep-lift',
  title: 'DeepLIFT',
  description:
    'What each value adds against a baseline, by the rescale rule: every activation passes on its difference from what it is at the baseline.',
  sources: [
    'Shrikumar, Greenside & Kundaje 2017, Learning important features through propagating activation differences, arXiv:1704.02685',
  ],
  needs: ['gradients', 'layers'],
  role: 'explanation',
  options: Type.Object(baselineOptions, { additionalProperties: false }),
  appliesTo: pathTrouble,
  async explain(context) {
    const { inputs, words } = await chosenBaseline(context);
    const found = await deepLiftOf(layeredTarget(context), context.sample.inputs, inputs, [context.score]);
    return { attribution: pathAttribution(found), details: [], statements: [`The baseline is ${words}.`] };
  },
});
