import { Type } from '@sinclair/typebox';
import { rowSize } from '#base/tensor';
import { defineExplainer, type ExplainContext, type Explained } from '#plugin/explainer';
import { signalOf } from '../methods/propagated.js';
import { layeredTarget, perInput, scoreTrouble } from './gradient-question.js';

const NO_OPTIONS = Type.Object({}, { additionalProperties: false });

async function signal(
  context: ExplainContext<unknown>,
  kind: 'guided-backpropagation' | 'deconvolution',
): Promise<Explained> {
  const { inputs } = context.sample;
  const isText = context.target.domain.kind === 'text';
  const found = await signalOf(layeredTarget(context), inputs, [context.score], kind);
  return {
    attribution: { values: perInput(found, rowSize(inputs), 'l2') },
    details: [],
    statements: [
      ...(isText ? ['The value of a token is the L2 norm of what comes back to its embedding.'] : []),
      'It stands here as a control: it changes little when the weights of the model are replaced by random ones (Adebayo et al. 2018, arXiv:1810.03292).',
    ],
  };
}

export const guidedBackpropagation = defineExplainer({
  id: 'guided-backpropagation',
  title: 'Guided backpropagation',
  description:
    'The gradient, of which each ReLU lets back only what is positive. It draws the edges of the picture, nearly whatever the model has learned.',
  sources: ['Springenberg, Dosovitskiy, Brox & Riedmiller 2015, Striving for simplicity, arXiv:1412.6806'],
  needs: ['gradients', 'layers'],
  role: 'control',
  options: NO_OPTIONS,
  appliesTo: scoreTrouble,
  explain: (context) => signal(context, 'guided-backpropagation'),
});

export const deconvolution = defineExplainer({
  id: 'deconvolution',
  title: 'Deconvolution',
  description:
    'What comes back when each ReLU is applied to the signal on its way back, whatever it did on the way there.',
  sources: ['Zeiler & Fergus 2014, Visualizing and understanding convolutional networks, arXiv:1311.2901'],
  needs: ['gradients', 'layers'],
  role: 'control',
  options: NO_OPTIONS,
  appliesTo: scoreTrouble,
  explain: (context) => signal(context, 'deconvolution'),
});
