import { Type } from '@sinclair/typebox';
import { rowSize } from '#base/tensor';
import { defineExplainer } from '#plugin/explainer';
import { saliency as saliencyOf } from '../methods/saliency.js';
import { gradientTarget, perInput, scoreTrouble } from './gradient-question.js';

export const saliency = defineExplainer({
  id: 'saliency',
  title: 'Gradient',
  description:
    'How fast the score grows with each value of the input, right where it is: the gradient with its sign. Of a token it is the length of the ' +
    'gradient at its embedding, or the sum of its values.',
  sources: ['Simonyan, Vedaldi & Zisserman 2014, Deep inside convolutional networks, arXiv:1312.6034'],
  needs: ['gradients'],
  role: 'explanation',
  options: Type.Object(
    {
      sign: Type.Union([Type.Literal('signed'), Type.Literal('absolute')], {
        default: 'signed',
        description: 'Whether values keep their sign, or their absolute value is taken as in the paper.',
      }),
      token: Type.Union([Type.Literal('l2'), Type.Literal('sum')], {
        default: 'l2',
        description: 'Of texts: the L2 norm of the gradient at the embedding of a token, or the sum of its values.',
      }),
    },
    { additionalProperties: false },
  ),
  appliesTo: scoreTrouble,
  async explain(context) {
    const { sample, score, options, target } = context;
    const { inputs } = sample;
    const found = perInput(await saliencyOf(gradientTarget(context), inputs, [score]), rowSize(inputs), options.token);
    const isText = target.domain.kind === 'text';
    const token = options.token === 'l2' ? 'the L2 norm' : 'the sum';
    return {
      attribution: { values: options.sign === 'absolute' ? found.map(Math.abs) : found },
      details: [],
      statements: [
        ...(isText ? [`The value of a token is ${token} of the gradient at its embedding.`] : []),
        'A gradient tells what a small change would do, not what the score owes to a value.',
      ],
    };
  },
});
