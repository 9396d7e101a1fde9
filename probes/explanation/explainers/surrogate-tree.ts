import { Type } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { row } from '#base/tensor';
import { defineExplainer } from '#plugin/explainer';
import type { Detail } from '#report/details';
import { leavesOf, pathOf, type Tree } from '#stats/tree/tree';
import type { TabularDomain } from '#target/domain';
import { answersOf } from '../describing/answers.js';
import { drawnRows } from '../describing/rows.js';
import { conditionWords, fidelityWords, rulesTable } from '../describing/surrogate-words.js';
import { surrogateData, treeSurrogate } from '../describing/surrogates.js';

export const surrogateTree = defineExplainer({
  id: 'surrogate-tree',
  title: 'Surrogate tree',
  description:
    'A small tree that was grown on what the model says of real rows (CART, best first, as many leaves as cross-validation asks ' +
    'for), and the way of this sample through it. It stands for the model as far as it agrees with it on rows that it has not seen.',
  sources: [
    'Breiman, Friedman, Olshen & Stone 1984, Classification and Regression Trees',
    'Craven & Shavlik 1996, Extracting Tree-Structured Representations of Trained Networks',
  ],
  needs: ['scores'],
  role: 'explanation',
  options: Type.Object(
    {
      rows: Type.Integer({
        minimum: 7,
        default: 1000,
        description: 'Real rows, at most: of every ten three judge the tree.',
      }),
      leaves: Type.Integer({ minimum: 1, maximum: 32, default: 32, description: 'Leaves, at most.' }),
      rowsInLeaf: Type.Integer({ minimum: 1, default: 5, description: 'Rows in a leaf, at least.' }),
    },
    { additionalProperties: false },
  ),
  appliesTo: ({ domain, head }) => {
    if (domain.kind !== 'tabular') return 'the rules of a tree name the columns of a table';
    return head.kind === 'sequence' ? 'a sequence has no one answer that a tree could give' : null;
  },
  async explain(context) {
    const { target, sample, score, options, background, random } = context;
    const domain = tabular(target.domain);
    const { inputs } = await drawnRows(background, options.rows, random);
    const data = await surrogateData(target, inputs, score, random);
    context.progress(1, 2);
    const { tree, fidelity } = treeSurrogate(data, { ...options, terms: 0 }, random);
    const input = row(sample.inputs, 0);
    const said = answersOf(target, await target.predict(sample.inputs), score).values[0] ?? NaN;
    const path = pathOf(tree, input);
    const surrogate = path.at(-1)?.answer ?? NaN;
    const { classes, wordOf } = data.answers;
    context.progress(2, 2);
    const agrees = classes === null || said === surrogate;
    return {
      attribution: null,
      details: [pathTable(domain, path, input, wordOf), rulesTable(domain, tree, data.answers)],
      statements: [
        fidelityWords(`A tree of ${leavesOf(tree)} leaves`, fidelity),
        `Of this sample the tree says ${wordOf(surrogate)} and the model ${wordOf(said)}.`,
        agrees
          ? 'The path says how the tree decides; the model may have decided by something else.'
          : 'They differ here, so the path says nothing about this decision.',
      ],
    };
  },
});

function pathTable(
  domain: TabularDomain,
  path: readonly Tree[],
  input: Float32Array,
  wordOf: (answer: number) => string,
): Detail {
  return {
    kind: 'table',
    title: 'The path of the sample',
    samples: true,
    columns: [
      { label: 'since', format: 'text' },
      { label: 'answer', format: 'text' },
      { label: 'rows', format: 'count' },
    ],
    rows: path.map((node, i) => {
      const before = path[i - 1];
      const since =
        before?.kind === 'branch'
          ? conditionWords(domain, before, (input[before.position] ?? NaN) > before.threshold)
          : 'all rows';
      return [since, wordOf(node.answer), node.rows];
    }),
    note: 'At each step what most rows like the sample are answered, or their mean.',
  };
}

export function tabular(domain: { readonly kind: string }): TabularDomain {
  if (isTabular(domain)) return domain;
  throw new AssayError('plugin', { what: 'columns are those of a table' });
}

function isTabular(domain: { readonly kind: string }): domain is TabularDomain {
  return domain.kind === 'tabular';
}
