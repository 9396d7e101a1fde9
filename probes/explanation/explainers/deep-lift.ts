import { Type } from '@sinclair/typebox';
import { rowSize } from '#base/tensor';
import { defineExplainer } from '#plugin/explainer';
import { deepLift as deepLiftOf } from '../methods/propagated.js';
import {
  baselineOptions,
  chosenBaseline,
  layeredTarget,
  pathAttribution,
  perInput,
  scoreTrouble,
} from './gradient-question.js';

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
  appliesTo: scoreTrouble,
  async explain(context) {
    const { inputs, words } = await chosenBaseline(context);
    const { sample, score, target } = context;
    const beside = target.domain.kind === 'text' ? 'samples' : 'baselines';
    const found = await deepLiftOf(layeredTarget(context), sample.inputs, inputs, [score], beside);
    return {
      attribution: { ...pathAttribution(found), values: perInput(found, rowSize(sample.inputs)) },
      details: [],
      statements: [`The baseline is ${words}.`],
    };
  },
});
