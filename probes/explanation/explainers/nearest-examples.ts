import { Type } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { defineExplainer } from '#plugin/explainer';
import { labelRow, type Head } from '#target/head';
import { isLayered, type Target } from '#target/target';
import { featureSpace, nearestExamples as nearestOf, type Neighbour } from '../methods/nearest-examples.js';

export const nearestExamples = defineExplainer({
  id: 'nearest-examples',
  title: 'Nearest examples',
  description:
    'The real inputs that look to the model most like this one: those of the training data where a config names them, else of the test data. All are ' +
    'compared, by what a layer gives for them; `penultimate` is the one that runs before the last with weights.',
  sources: ['Papernot & McDaniel 2018, Deep k-nearest neighbors, arXiv:1803.04765'],
  needs: ['scores'],
  role: 'explanation',
  options: Type.Object(
    {
      layer: Type.String({
        default: 'penultimate',
        description: 'What inputs are compared by: `penultimate`, `scores`, `input`, or the name of a layer.',
      }),
      metric: Type.Union([Type.Literal('cosine'), Type.Literal('euclidean')], {
        default: 'cosine',
        description:
          '`cosine`: 1 minus the cosine of the angle between them; `euclidean`: the length of their difference.',
      }),
      count: Type.Integer({ minimum: 1, default: 5, description: 'Examples that are shown.' }),
    },
    { additionalProperties: false },
  ),
  appliesTo: () => null,
  async explain(context) {
    const { target, sample, background, options } = context;
    if (background.indices.length === 0)
      throw new AssayError('data', { what: 'there are no real inputs to compare with' });
    const space = await featureSpace(target, options.layer);
    const progress = (done: number, total: number) => context.progress(done, total);
    const found = await nearestOf(space, sample.inputs, background, options.metric, options.count, progress);
    const labels = found.map(({ position }) => labelWord(target, labelRow(background.labels, position)));
    return {
      attribution: null,
      details: [
        {
          kind: 'table',
          title: 'The examples that are nearest',
          columns: [
            { label: 'index', format: 'count' },
            { label: 'label', format: 'text' },
            { label: `${options.metric} distance`, format: 'number' },
          ],
          rows: found.map(({ index, distance }, i) => [index, labels[i] ?? '', distance]),
        },
      ],
      statements: statementsOf(target, options.layer, space.words, background.indices.length, found),
    };
  },
});

function statementsOf(
  target: Target,
  layer: string,
  words: string,
  compared: number,
  found: readonly Neighbour[],
): string[] {
  const same = found.filter(({ identical }) => identical).map(({ index }) => index);
  const fallsBack = layer !== 'input' && layer !== 'scores' && !isLayered(target);
  return [
    `${compared} inputs were compared by ${words}.`,
    ...(fallsBack
      ? ['The target shows no layers, so inputs were compared as they are, and not as the model sees them.']
      : []),
    ...(same.length === 0 ? [] : [`The input itself is among them, value by value: ${same.join(', ')}.`]),
    'What is near did not make the decision: it shows what the model takes for alike.',
  ];
}

function labelWord(
  { head, labels }: { readonly head: Head; readonly labels: Target['labels'] },
  label: Float64Array,
): string {
  switch (head.kind) {
    case 'classes':
    case 'binary':
      return labels?.[label[0] ?? -1] ?? `${label[0] ?? ''}`;
    case 'multi-label':
      return [...label].flatMap((bit, i) => (bit === 1 ? [labels?.[i] ?? `${i}`] : [])).join(', ');
    default:
      return [...label].join(', ');
  }
}
