import { Type } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { grouped, percent } from '#base/format';
import { rowSize } from '#base/tensor';
import { defineExplainer } from '#plugin/explainer';
import type { Detail } from '#report/details';
import { isContinuous } from '#target/domain';
import { compositeOf, type CompositeName } from '../methods/lrp-composites.js';
import { relevanceOf } from '../methods/propagated.js';
import { layeredTarget, pathAttribution, perInput, scoreTrouble } from './gradient-question.js';

export const lrp = defineExplainer({
  id: 'lrp',
  title: 'Layer-wise relevance propagation',
  description:
    'Hands the score back from layer to layer, to each input of a layer its share of the output, by the rules of a composite. What biases take is missing ' +
    'in the sum. A batch normalization behind a convolution is a part of its bias: where convolutions have one channel each, as in MobileNet, biases may take ' +
    'nearly all, and the map is as small as what is left.',
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
    const attribution = { ...pathAttribution(found), values: perInput(found, rowSize(inputs)) };
    const balance = balanceOf(attribution.values, found.differences[0] ?? NaN);
    return {
      attribution,
      details: [balanceTable(balance)],
      statements: [`The composite is ${composite}.`, ...statementsOf(balance)],
    };
  },
});

/** Where a score went; the three add up to it. */
interface Balance {
  readonly score: number;
  /** To inputs that speak for the score, and to those that speak against it. */
  readonly gains: number;
  readonly losses: number;
  /** To biases, the stabilizer of the rules, and outputs that no input of theirs explains. */
  readonly lost: number;
}

function balanceOf(values: Float64Array, score: number): Balance {
  const gains = values.reduce((sum, value) => sum + Math.max(value, 0), 0);
  const losses = values.reduce((sum, value) => sum + Math.min(value, 0), 0);
  return { score, gains, losses, lost: score - gains - losses };
}

/** A map is drawn on a scale of its own, so that how much of the score it holds has to be said. */
function balanceTable({ score, gains, losses, lost }: Balance): Detail {
  const row = (part: string, relevance: number): [string, number, string] => [
    part,
    relevance,
    shareOf(relevance, score),
  ];
  return {
    kind: 'table',
    title: 'Where the score went',
    columns: [
      { label: 'part', format: 'text' },
      { label: 'relevance', format: 'number' },
      { label: 'of the score', format: 'text' },
    ],
    rows: [
      row('the score', score),
      row('inputs that speak for it', gains),
      row('inputs that speak against it', losses),
      row('biases', lost),
    ],
    note: 'Biases include those of batch normalizations, and the stabilizer of the rules.',
  };
}

function shareOf(part: number, score: number): string {
  return score === 0 ? '?' : percent(part / score);
}

/** Above these the map is not the score, shared. */
const MOST_LOST = 0.5;
const MOST_CANCELLED = 10;

function statementsOf({ score, gains, losses, lost }: Balance): string[] {
  const cancelled = (gains - losses) / Math.abs(score);
  return [
    `Biases took ${shareOf(lost, score)} of the score.`,
    ...(Math.abs(lost) > MOST_LOST * Math.abs(score)
      ? ['The map tells where there is relevance left, not how much the inputs matter.']
      : []),
    ...(cancelled > MOST_CANCELLED
      ? [
          `Values for and against the score are ${grouped(Math.round(cancelled))} times as large as it, and cancel: they are near to noise.`,
        ]
      : []),
  ];
}
