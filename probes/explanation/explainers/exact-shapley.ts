import { Type } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { defineExplainer } from '#plugin/explainer';
import { columnsOf } from '#target/table-domain';
import { exactShapley as exactShapleyOf } from '../methods/coalitions/shapley.js';
import { absenceTrouble, coalitionOptions, coalitionQuestion, explainedByShapley } from './coalition-question.js';

/** 65,536 coalitions. */
const MOST_FEATURES = 16;

export const exactShapley = defineExplainer({
  id: 'exact-shapley',
  title: 'Exact Shapley values',
  description:
    'Shapley values of the features by their definition: the mean over all orders of what each adds, from the score of every coalition. For at most ' +
    `${MOST_FEATURES} features.`,
  sources: ['Shapley 1953, A value for n-person games'],
  needs: ['scores'],
  role: 'explanation',
  options: Type.Object(
    {
      ...coalitionOptions,
      regions: Type.Integer({
        minimum: 1,
        maximum: MOST_FEATURES,
        default: 9,
        description: `Of a picture: about how many regions it is divided into; more than ${MOST_FEATURES} cannot be explained.`,
      }),
    },
    { additionalProperties: false },
  ),
  appliesTo({ domain }) {
    if (domain.kind === 'text') return 'A text has too many tokens for every coalition of them to be asked for.';
    const columns = domain.kind === 'tabular' ? columnsOf(domain).length : 0;
    if (columns > MOST_FEATURES) {
      return `A table of ${columns} columns has too many coalitions for each to be asked for: ${MOST_FEATURES} columns are the most.`;
    }
    return absenceTrouble(domain);
  },
  async explain(context) {
    const question = await coalitionQuestion(context, (players) => 2 ** Math.min(players, MOST_FEATURES));
    const { players } = question.game;
    if (players > MOST_FEATURES) {
      throw new AssayError('usage', {
        what: `the picture has come apart into ${players} regions, and every coalition can be asked for of ${MOST_FEATURES} at most`,
        mend: 'Ask for fewer `regions`, or for `segmentation: grid`.',
      });
    }
    const estimate = await exactShapleyOf(question.game);
    return explainedByShapley(context, question, estimate, `All ${2 ** players} coalitions were asked for`);
  },
});
