import { Type } from '@sinclair/typebox';
import { row, rowSize } from '#base/tensor';
import { defineExplainer, type ExplainContext } from '#plugin/explainer';
import { affordable } from '../features/budget.js';
import { integratedEmbeddings } from '../methods/token-paths.js';
import { isComplete, refined, refinedBy, type Refined, type Refinement } from '../refinement.js';
import {
  baselineOptions,
  chosenBaseline,
  gradientTarget,
  layeredTarget,
  perInput,
  scoreTrouble,
  type Baseline,
} from './gradient-question.js';

/** Doubled to that, all nodes together are twice as many at most. */
const MOST_STEPS = 1024;
/** Nodes of the first quadrature of even the largest inputs. */
const LEAST_STEPS = 8;

export const integratedGradients = defineExplainer({
  id: 'integrated-gradients',
  title: 'Integrated gradients',
  description:
    'What each value adds to the score on the straight way from a baseline to the input: its difference times the mean gradient on the way, by ' +
    'Gauss-Legendre quadrature whose nodes are doubled until the values add up. Of texts the way is that between the embeddings of tokens.',
  sources: ['Sundararajan, Taly & Yan 2017, Axiomatic attribution for deep networks, arXiv:1703.01365'],
  needs: ['gradients'],
  role: 'explanation',
  options: Type.Object(
    {
      ...baselineOptions,
      steps: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 2 })], {
        default: 'auto',
        description:
          'Nodes of the first quadrature. `auto`: 64, and less of long texts (16 of 512 tokens) and large pictures, where most ways need no more.',
      }),
      maximumSteps: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 2 })], {
        default: 'auto',
        description:
          'Nodes at which doubling stops. `auto`: 1,024, and less of long texts (256 of 512 tokens) and large pictures.',
      }),
    },
    { additionalProperties: false },
  ),
  appliesTo: scoreTrouble,
  async explain(context) {
    const { steps: first, maximumSteps: most } = context.options;
    const bearable = affordable(2 * MOST_STEPS, context.target.domain) / 2;
    const maximumSteps = most === 'auto' ? bearable : most;
    const steps = first === 'auto' ? Math.max(LEAST_STEPS, Math.floor(bearable / 16)) : first;
    const baseline = await chosenBaseline(context);
    const { words } = baseline;
    const found = await attributed(context, baseline, { steps, maximumSteps });
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

function attributed(
  context: ExplainContext<unknown>,
  { inputs: baseline }: Baseline,
  refinement: Refinement,
): Promise<Refined> {
  const { sample, score, target } = context;
  const { inputs } = sample;
  if (target.domain.kind !== 'text') {
    return refined(gradientTarget(context), inputs, row(baseline, 0), score, refinement);
  }
  const model = layeredTarget(context);
  return refinedBy(async (steps) => {
    const found = await integratedEmbeddings(model, inputs, baseline, [score], steps);
    const { differences, residuals } = found;
    return { map: perInput(found, rowSize(inputs)), difference: differences[0] ?? NaN, residual: residuals[0] ?? NaN };
  }, refinement);
}
