import { Type, type Static } from '@sinclair/typebox';
import { rowsOf } from '#base/tensor';
import {
  defineModelExplainer,
  InputsConfig,
  type ModelExplainContext,
  type NamedInputs,
} from '#plugin/model-explainer';
import type { TargetFacts } from '#plugin/plugin';
import { labelOf } from '../describing/score.js';
import { testConcepts } from '../methods/concepts/tcav.js';
import { keyOf, layeredOf, LEAST, posed, RANDOM } from './question.js';
import { conceptBars, conceptStatements, conceptTable, vectorTable } from './words.js';

/** Inputs of a concept that are drawn where the config does not say. */
const MOST = 100;
/** The same of random inputs: several times as many. */
const MOST_RANDOM = 500;

const Options = Type.Object(
  {
    concepts: Type.Record(Type.String(), InputsConfig, {
      minProperties: 1,
      description:
        'By name, inputs that share what the concept is: 10 at least, named and read as `data.test` is, without labels. Paths are relative to the config.',
    }),
    random: Type.Optional(
      Type.Unsafe<InputsConfig>({
        ...InputsConfig,
        description:
          'Inputs of no particular concept, at least as many as the largest concept has. Default: drawn, seeded, from the training data, else from the test data.',
      }),
    ),
    layer: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'Where the concepts are sought, by the name of the layer. Default: of pictures the last that gives a map, else the one that runs before the last with weights.',
      }),
    ),
    score: Type.Optional(
      Type.Union([Type.String({ minLength: 1 }), Type.Integer({ minimum: 0 })], {
        description:
          'The score in question: a label or an index. Default: of two classes the second, of more the one that is said most often; else the first.',
      }),
    ),
    examples: Type.Integer({
      minimum: LEAST,
      maximum: 1000,
      default: 100,
      description:
        'Inputs at which the gradient of the score is taken, at most: drawn, seeded, from those of its class in the training data, else in the test data.',
    }),
    runs: Type.Integer({
      minimum: 2,
      maximum: 100,
      default: 5,
      description: 'Concept vectors of each concept, each against other random inputs.',
    }),
    permutations: Type.Integer({
      minimum: 19,
      maximum: 9999,
      default: 199,
      description: 'Random concepts that each concept is held against. The least p-value is 1 / (permutations + 1).',
    }),
    level: Type.Number({
      exclusiveMinimum: 0,
      maximum: 0.2,
      default: 0.05,
      description: 'A concept counts when its p-value, corrected for the number of concepts, is not above this.',
    }),
    penalty: Type.Number({
      exclusiveMinimum: 0,
      default: 0.01,
      description:
        'Of the linear classifiers: lambda of |w|^2 / 2 beside the mean loss, of rows whose mean square length is 1.',
    }),
  },
  { additionalProperties: false },
);

export type TcavContext = ModelExplainContext<Static<typeof Options>>;

export const tcav = defineModelExplainer({
  id: 'tcav',
  title: 'Concepts',
  description:
    'Testing with concept activation vectors: whether a score depends on what the inputs of a concept share. At a layer a linear classifier tells these from random ' +
    'inputs; the TCAV score is the share of examples whose score rises along its normal. What is tested is the mean derivative along that normal, by exact permutation: ' +
    'random concepts are drawn from all rows together, and held against the concept (a t-test over runs, as in the paper, takes the luck of one concept set for significance).',
  sources: [
    'Kim, Wattenberg, Gilmer, Cai, Wexler, Viegas & Sayres 2018, Interpretability beyond feature attribution: TCAV, arXiv:1711.11279',
    'Holm 1979, A simple sequentially rejective multiple test procedure',
  ],
  needs: ['gradients', 'layers'],
  options: Options,
  appliesTo: ({ head }: TargetFacts) =>
    head.kind === 'ranking' || head.kind === 'sequence' ? `A ${head.kind} has no one score to test.` : null,
  inputs: ({ concepts, random }) => {
    const named = new Map<string, NamedInputs>();
    for (const [name, config] of Object.entries(concepts)) {
      named.set(keyOf(name), { role: `the concept ${JSON.stringify(name)}`, config, most: MOST });
    }
    if (random !== undefined) named.set(RANDOM, { role: 'random inputs', config: random, most: MOST_RANDOM });
    return named;
  },
  async check(context) {
    await posed(context);
  },
  async explain(context) {
    const { target, options, random } = context;
    const { layer, score, concepts, pool, examples } = await posed(context);
    const question = { concepts, pool, examples, score, layer: layer.name };
    const found = await testConcepts(layeredOf(target), question, options, random.fork('test'), (done, total) => {
      context.progress(done, total);
    });
    const facts = {
      ...{ layer, label: labelOf(target, score), examples: rowsOf(examples), level: options.level },
      ...{ random: rowsOf(pool), runs: options.runs, permutations: options.permutations },
      rows: concepts.map(({ inputs }) => rowsOf(inputs)),
    };
    return {
      details: [conceptBars(found, facts), conceptTable(found, facts), vectorTable(found, facts)],
      statements: conceptStatements(found, facts),
    };
  },
});
