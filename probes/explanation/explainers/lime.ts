import { Type, type Static } from '@sinclair/typebox';
import { rowRange, rowSize, rowsOf, type Tensor } from '#base/tensor';
import { defineExplainer, type ExplainContext, type Explained, type Features } from '#plugin/explainer';
import type { TabularDomain } from '#target/domain';
import type { Target } from '#target/target';
import { drawnBackground } from '../features/background.js';
import { affordable } from '../features/budget.js';
import { columnFeatures } from '../features/columns.js';
import { regionNeighbourhood, tokenNeighbourhood } from '../methods/lime/coalition-neighbourhood.js';
import { lime as limeOf, type Neighbourhood } from '../methods/lime/lime.js';
import { tableNeighbourhood } from '../methods/lime/table-neighbourhood.js';
import { absenceTrouble, coalitionOptions, coalitionQuestion } from './coalition-question.js';

const Options = Type.Object(
  {
    samples: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 10 })], {
      default: 'auto',
      description:
        'Inputs around the sample. `auto`: 1,000 for pictures, 5,000 for tables and texts, and less of long texts (512 of 512 tokens) and large pictures.',
    }),
    kernelWidth: Type.Union([Type.Literal('auto'), Type.Number({ exclusiveMinimum: 0 })], {
      default: 'auto',
      description:
        'How far the neighbourhood reaches, in units of the distance. `auto`: 0.75 times the square root of the number of columns for tables, 0.25 ' +
        'for pictures, 25 for texts.',
    }),
    penalty: Type.Number({
      minimum: 0,
      default: 1,
      description: 'Of the squared coefficients of the local model (ridge).',
    }),
    features: Type.Integer({
      minimum: 0,
      default: 0,
      description: 'How many features the local model may have; all others get 0. With 0 all of them are in it.',
    }),
    discretize: Type.Boolean({
      default: true,
      description:
        'Of a table: whether the local model sees only if a number is in the same quartile of the background.',
    }),
    ...coalitionOptions,
    backgroundRows: Type.Integer({
      minimum: 1,
      default: 1000,
      description: 'Inputs of the background that are drawn, as many as there are at most.',
    }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof Options>;

export const lime = defineExplainer({
  id: 'lime',
  title: 'LIME',
  description:
    'Coefficients of a weighted linear model (ridge) of the scores of inputs around this one: of regions or tokens that are there or not, of columns ' +
    'that are in the same quartile or not. Kernel sqrt(exp(-d^2 / width^2)), as in the library of its authors.',
  sources: ['Ribeiro, Singh & Guestrin 2016, "Why should I trust you?", arXiv:1602.04938'],
  needs: ['scores'],
  role: 'explanation',
  options: Options,
  appliesTo: ({ domain }) => absenceTrouble(domain),
  explain(context) {
    const { domain } = context.target;
    return domain.kind === 'tabular' ? ofTable(context, domain) : ofCoalitions(context);
  },
});

async function ofTable(context: ExplainContext<Options>, domain: TabularDomain): Promise<Explained> {
  const { target, sample, score, background, random, options } = context;
  const { samples, discretize } = options;
  const rows = samples === 'auto' ? 5000 : samples;
  const drawn = await drawnBackground(background, random, options.backgroundRows);
  const source = random.of(sample.indices[0] ?? -1);
  const around = tableNeighbourhood(domain, sample.inputs, drawn, { rows, discretize }, source);
  const scores = await scoresOf(target, around.inputs, score, context);
  const features = columnFeatures(domain);
  const seen = discretize
    ? `whether each column is in the sample's quartile, or category, of ${rowsOf(drawn)} inputs of the background`
    : `each number in units of its spread in ${rowsOf(drawn)} inputs of the background, and whether categories are the sample's`;
  return explained(context, features, around, scores, 0.75 * Math.sqrt(around.columns), `sees ${seen}`);
}

async function ofCoalitions(context: ExplainContext<Options>): Promise<Explained> {
  const { target, sample, random, options } = context;
  const isText = target.domain.kind === 'text';
  const rows = options.samples === 'auto' ? affordable(isText ? 5000 : 1000, target.domain) : options.samples;
  const { game, features, absent } = await coalitionQuestion(context, () => rows);
  const source = random.of(sample.indices[0] ?? -1);
  const around = (isText ? tokenNeighbourhood : regionNeighbourhood)(game.players, rows, source);
  const scores = await game.worths(around.members, rows);
  const part = isText ? 'part' : 'region';
  return explained(
    context,
    features,
    around,
    scores,
    isText ? 25 : 0.25,
    `sees which ${part}s are there; others take ${absent}`,
  );
}

function explained(
  { options }: ExplainContext<Options>,
  features: Features,
  around: Neighbourhood,
  scores: Float64Array,
  usualWidth: number,
  sees: string,
): Explained {
  const { penalty } = options;
  const kernelWidth = options.kernelWidth === 'auto' ? usualWidth : options.kernelWidth;
  const limit = options.features === 0 ? around.columns : options.features;
  const { coefficients, standardErrors, chosen, explained } = limeOf(around, scores, { kernelWidth, penalty, limit });
  const selection =
    chosen.length === around.columns
      ? `All ${around.columns} features are in the local model.`
      : `${chosen.length} of ${around.columns} features were chosen by their weights in a fit of all; the others have the value 0, which says nothing about them.`;
  const quality = Number.isNaN(explained)
    ? 'Scores around this input do not vary, so that there is nothing to explain.'
    : `The local model explains ${(100 * explained).toFixed(1)} % of the weighted variance of the scores around this input (R2); what it does not explain is not in its values.`;
  return {
    attribution: { values: coefficients, standardErrors, features },
    details: [],
    statements: [
      `A ridge regression (penalty ${penalty}) of ${scores.length} inputs with a kernel of width ${Number(kernelWidth.toPrecision(4))} ${sees}.`,
      selection,
      quality,
    ],
  };
}

const CHUNK_VALUES = 2 ** 18;
const LEAST_ROWS = 32;

async function scoresOf(
  target: Target,
  inputs: Tensor,
  score: number,
  { progress }: Pick<ExplainContext<Options>, 'progress'>,
): Promise<Float64Array> {
  const rows = rowsOf(inputs);
  const most = Math.max(LEAST_ROWS, Math.floor(CHUNK_VALUES / rowSize(inputs)));
  const found = new Float64Array(rows);
  for (let start = 0; start < rows; start += most) {
    const end = Math.min(rows, start + most);
    const scores = await target.predict(rowRange(inputs, start, end));
    const width = rowSize(scores);
    for (let i = start; i < end; i++) found[i] = scores.data[(i - start) * width + score] ?? NaN;
    progress(end, rows);
  }
  return found;
}
