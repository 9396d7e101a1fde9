import { Type, type Static } from '@sinclair/typebox';
import { defineExplainer, type ExplainContext } from '#plugin/explainer';
import { noisyGradients, type NoisyGradients } from '../methods/noisy-gradients.js';
import { continuousDomain, gradientTarget, valueTrouble } from './gradient-question.js';

const Options = Type.Object(
  {
    draws: Type.Integer({ minimum: 2, default: 50, description: 'Gradients, each in noise of its own.' }),
    noise: Type.Number({
      exclusiveMinimum: 0,
      default: 0.15,
      description: 'The standard deviation of the noise, as a share of the range of the domain.',
    }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof Options>;

function inNoise(context: ExplainContext<Options>): Promise<NoisyGradients> {
  const [low, high] = continuousDomain(context).range;
  const { sample, score, options, random } = context;
  const noise = { draws: options.draws, deviation: options.noise * (high - low) };
  return noisyGradients(gradientTarget(context), sample, [score], noise, random);
}

function noiseWords({ draws, noise }: Options): string {
  return `${draws} gradients in normal noise with ${noise} of the range as its standard deviation, which may leave the range`;
}

export const smoothGrad = defineExplainer({
  id: 'smooth-grad',
  title: 'SmoothGrad',
  description: 'The mean of the gradients at copies of the input with noise, with its sign and its standard errors.',
  sources: ['Smilkov, Thorat, Kim, Viégas & Wattenberg 2017, SmoothGrad, arXiv:1706.03825'],
  needs: ['gradients'],
  role: 'explanation',
  options: Options,
  appliesTo: valueTrouble,
  async explain(context) {
    const { smooth, standardErrors } = await inNoise(context);
    return {
      attribution: { values: smooth.values, standardErrors },
      details: [],
      statements: [`The mean of ${noiseWords(context.options)}.`],
    };
  },
});

export const varGrad = defineExplainer({
  id: 'var-grad',
  title: 'VarGrad',
  description:
    'The variance of the gradients at copies of the input with noise: how unsteady the model is in each value.',
  sources: [
    'Adebayo, Gilmer, Goodfellow & Kim 2018, Local explanation methods for deep neural networks lack sensitivity to parameter values, arXiv:1810.03307',
  ],
  needs: ['gradients'],
  role: 'explanation',
  options: Options,
  appliesTo: valueTrouble,
  async explain(context) {
    const { variance } = await inNoise(context);
    return {
      attribution: { values: variance.values },
      details: [],
      statements: [
        `The variance of ${noiseWords(context.options)}.`,
        'It has no sign: it does not tell whether a value speaks for the score or against it.',
      ],
    };
  },
});
