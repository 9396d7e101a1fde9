import { Type } from '@sinclair/typebox';
import { defineExplainer } from '#plugin/explainer';
import type { Domain } from '#target/domain';
import { affordable } from '../features/budget.js';
import { permutationShapley as permutationShapleyOf } from '../methods/coalitions/permutation-shapley.js';
import { absenceTrouble, coalitionOptions, coalitionQuestion, explainedByShapley } from './coalition-question.js';

export const permutationShapley = defineExplainer({
  id: 'permutation-shapley',
  title: 'Shapley values by random orders',
  description:
    'Lets the features come in one after another in random orders, each order together with its reverse, and averages what each of them adds. The ' +
    'values add up exactly, and each has its standard error.',
  sources: [
    'Castro, Gomez & Tejada 2009, Polynomial calculation of the Shapley value based on sampling, doi:10.1016/j.cor.2008.04.004',
    'Mitchell et al. 2022, Sampling permutations for Shapley value estimation, arXiv:2104.12199',
  ],
  needs: ['scores'],
  role: 'explanation',
  options: Type.Object(
    {
      pairs: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 2 })], {
        default: 'auto',
        description:
          'Orders, each of which goes with its reverse: a pair asks for about two coalitions a feature. `auto`: 20, and less of long texts and large ' +
          'pictures.',
      }),
      ...coalitionOptions,
    },
    { additionalProperties: false },
  ),
  appliesTo: ({ domain }) => absenceTrouble(domain),
  async explain(context) {
    const { options, target } = context;
    const pairsOf = (players: number) =>
      options.pairs === 'auto' ? usualPairs(players, target.domain) : options.pairs;
    const question = await coalitionQuestion(context, (players) => 2 + 2 * pairsOf(players) * (players - 1));
    const pairs = pairsOf(question.game.players);
    const source = context.random.of(context.sample.indices[0] ?? -1);
    const estimate = await permutationShapleyOf(question.game, pairs, source);
    const asked = `${question.game.players} features came in by ${2 * pairs} orders`;
    return explainedByShapley(context, question, estimate, asked);
  },
});

/** Two at least, for a standard error. */
function usualPairs(players: number, domain: Domain): number {
  const each = 2 * Math.max(1, players - 1);
  return Math.max(2, Math.floor(affordable(20 * each, domain) / each));
}
