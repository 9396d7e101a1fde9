import { Type } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { rowSize } from '#base/tensor';
import { defineExplainer } from '#plugin/explainer';
import { isContinuous } from '#target/domain';
import { compositeOf, type CompositeName } from '../methods/lrp-composites.js';
import { relevanceOf } from '../methods/propagated.js';
import { layeredTarget, pathAttribution, perInput, scoreTrouble } from './gradient-question.js';

export const lrp = defineExplainer({
  id: 'lrp',
  title: 'Layer-wise relevance propagation',
  description:
    'Hands the score back from layer to layer, to each input of a layer its share of the output, by the rules of a composite. What biases take is missing ' +
    'in the sum.',
  sources: [
    'Bach et al. 2015, On pixel-wise explanations for non-linear classifier decisions, doi:10.1371/journal.pone.0130140',
    'Montavon et al. 2019, Layer-wise relevance propagation: an overview, doi:10.1007/978-3-030-28954-6_10',
    'Anders et al. 2021, Software for dataset-wide XAI: Zennit, CoRelAy and ViRelAy, arXiv:2106.13200',
  ],
  needs: ['gradients', 'layers'],
  role: 'explanation',
  options: Type.Object(
    {
      composite: Type.Unsafe<CompositeName>({
        type: 'string',
        enum: [
          'epsilon',
          'epsilon-plus',
          'epsilon-plus-flat',
          'epsilon-gamma-box',
          'epsilon-alpha2-beta1',
          'epsilon-alpha2-beta1-flat',
        ],
        default: 'epsilon-plus',
        description:
          'Which rule holds where: epsilon (1e-6) at dense layers, and before that the z-plus, gamma (0.25) or alpha-beta rule at convolutions; ' +
          '`flat` and `box` are for the first layer.',
      }),
    },
    { additionalProperties: false },
  ),
  appliesTo: scoreTrouble,
  async explain(context) {
    const { inputs } = context.sample;
    const { composite } = context.options;
    const target = layeredTarget(context);
    const { domain } = target;
    if (composite === 'epsilon-gamma-box' && !isContinuous(domain)) {
      throw new AssayError('usage', { what: 'the box is of real values, and this target takes tokens' });
    }
    // Other composites ask for no range.
    const range = isContinuous(domain) ? domain.range : ([0, 0] as const);
    const found = await relevanceOf(target, inputs, [context.score], compositeOf(composite, range));
    return {
      attribution: { ...pathAttribution(found), values: perInput(found, rowSize(inputs)) },
      details: [],
      statements: [`The composite is ${composite}; what is missing in the sum went to biases.`],
    };
  },
});
