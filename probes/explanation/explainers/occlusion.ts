import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { row, rowSize, rowsOf, type Tensor } from '#base/tensor';
import { defineExplainer, type ExplainContext, type Explained } from '#plugin/explainer';
import type { ImageDomain } from '#target/domain';
import type { Target } from '#target/target';
import { absenceOf, absenceOptions } from '../features/absence.js';
import { affordable } from '../features/budget.js';
import { pictureShape } from '../features/picture.js';
import { ablation } from '../methods/coalitions/ablation.js';
import { occlusion as occlusionOf } from '../methods/occlusion.js';
import { absenceTrouble, coalitionQuestion } from './coalition-question.js';

const pixels = (description: string, auto: string) =>
  Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1 })], {
    default: 'auto',
    description: `Of a picture: ${description}, in pixels. \`auto\`: ${auto}.`,
  });

const Options = Type.Object(
  {
    window: pixels('the side of the window', 'a seventh of the shorter side'),
    stride: pixels('how far the window moves at a time, at most its side', 'half the side of the window'),
    overlaps: Type.Union([Type.Literal('mean'), Type.Literal('sum')], {
      default: 'mean',
      description:
        'Of a picture: what a pixel gets that several windows cover: the mean of their differences, or their sum.',
    }),
    ...absenceOptions,
  },
  { additionalProperties: false },
);

type Options = Static<typeof Options>;

export const occlusion = defineExplainer({
  id: 'occlusion',
  title: 'Occlusion',
  description:
    'How much the score falls when a part of the input is replaced: of a picture what a sliding window covers, averaged where windows overlap; of a ' +
    'table one column at a time; of a text one token at a time.',
  sources: ['Zeiler & Fergus 2014, Visualizing and understanding convolutional networks, arXiv:1311.2901'],
  needs: ['scores'],
  role: 'explanation',
  options: Options,
  appliesTo: ({ domain }) => absenceTrouble(domain),
  explain(context) {
    const { domain } = context.target;
    return domain.kind === 'image' ? slide(context, domain) : oneByOne(context);
  },
});

/** A window over all channels. */
async function slide(context: ExplainContext<Options>, domain: ImageDomain): Promise<Explained> {
  const { target, sample, score, options, background, random } = context;
  const { height, width, channels, channelStep } = pictureShape(domain);
  const side = options.window === 'auto' ? Math.max(1, Math.round(Math.min(height, width) / 7)) : options.window;
  const stride = options.stride === 'auto' ? Math.max(1, Math.floor(side / 2)) : options.stride;
  const along = (reach: number) => (channelStep === 1 ? [reach, reach, channels] : [channels, reach, reach]);
  const absence = await absenceOf(
    { domain, sample: sample.inputs, features: whole(sample.inputs), background, random },
    options,
  );
  if (rowsOf(absence.background) > 1) {
    throw new AssayError('usage', {
      what: 'occlusion of a picture puts one baseline in the place of what its window covers',
      mend: 'Give the option `absent` as `mean`, `blur` or `region-mean`.',
    });
  }
  const places = (length: number) => 1 + Math.ceil(Math.max(0, length - side) / stride);
  const total = 1 + places(height) * places(width);
  let done = 0;
  const { values } = await occlusionOf(
    async (inputs) => {
      const scores = await scoresOf(target, inputs, score);
      done += rowsOf(inputs);
      context.progress(done, total);
      return scores;
    },
    sample.inputs,
    row(absence.background, 0),
    { window: along(side), strides: along(stride), overlaps: options.overlaps },
  );
  const shared = options.overlaps === 'mean' ? 'the mean' : 'the sum';
  return {
    attribution: { values },
    details: [],
    statements: [
      `A window of ${side} by ${side} pixels moved ${stride} at a time and left ${absence.words}; a pixel has ${shared} of the differences of all windows over it.`,
      ONE_AT_A_TIME,
    ],
  };
}

const ONE_AT_A_TIME =
  'What two parts do only together counts for both, and what each of them does alone as well for neither: values do not add up.';

async function oneByOne(context: ExplainContext<Options>): Promise<Explained> {
  const unused = { regions: 1, segmentation: 'grid', compactness: 1 } as const;
  const parts = affordable(Infinity, context.target.domain);
  const question = await coalitionQuestion(
    { ...context, options: { ...context.options, ...unused, parts } },
    (players) => players + 1,
  );
  const { features, absent, game } = question;
  return {
    attribution: { values: await ablation(game), features },
    details: [],
    statements: [`Each of ${game.players} features was absent alone, and took ${absent}.`, ONE_AT_A_TIME],
  };
}

/** All values as one feature, of which only the mean of a region asks. */
function whole(sample: Tensor) {
  return { names: ['picture'], of: new Int32Array(rowSize(sample)) };
}

async function scoresOf(target: Target, inputs: Tensor, score: number): Promise<Float64Array> {
  const scores = await target.predict(inputs);
  const width = rowSize(scores);
  return Float64Array.from({ length: rowsOf(inputs) }, (_, i) => scores.data[i * width + score] ?? NaN);
}
