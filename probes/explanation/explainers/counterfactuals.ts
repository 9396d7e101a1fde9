import { Type } from '@sinclair/typebox';
import { row } from '#base/tensor';
import { defineExplainer } from '#plugin/explainer';
import type { Detail } from '#report/details';
import type { TabularDomain } from '#target/domain';
import { columnsOf, violations } from '#target/table-domain';
import { wordOf } from '#target/column-words';
import {
  findCounterfactuals,
  type Counterfactual,
  type Counterfactuals,
} from '../methods/counterfactuals/counterfactuals.js';
import { drawnBackground } from '../features/background.js';
import { decisionOf } from '../methods/decision.js';

export const counterfactuals = defineExplainer({
  id: 'counterfactuals',
  title: 'Counterfactuals',
  description:
    'The least that has to be different about a row for another decision. Every one is asked for once more before it is shown, is legal as the domain ' +
    'declares it, leaves alone what nobody can change, and has no change that could be dropped. Values are those of real rows where that is possible. ' +
    'Distances are sums over columns in median absolute deviations; another category counts 1.',
  sources: [
    'Wachter, Mittelstadt & Russell 2018, Counterfactual explanations without opening the black box, arXiv:1711.00399',
    'Mothilal, Sharma & Tan 2020, Explaining machine learning classifiers through diverse counterfactual explanations, arXiv:1905.07697',
  ],
  needs: ['labels'],
  role: 'explanation',
  options: Type.Object(
    {
      count: Type.Integer({ minimum: 1, default: 3, description: 'Counterfactuals that are shown at most.' }),
      backgroundRows: Type.Integer({
        minimum: 1,
        default: 1000,
        description: 'Real rows whose values are tried, as many as there are at most.',
      }),
    },
    { additionalProperties: false },
  ),
  appliesTo({ domain, head }) {
    if (domain.kind !== 'tabular') {
      return 'Counterfactuals change columns of a table; what changes the decision about other inputs is what attacks show.';
    }
    return head.kind === 'regression' && !(head.tolerance > 0)
      ? 'This target gives values and no tolerance beyond which they count as another decision.'
      : null;
  },
  async explain({ target, sample, score, background, random, options }) {
    const { domain } = target;
    if (domain.kind !== 'tabular') return { attribution: null, details: [], statements: [] };
    const original = row(sample.inputs, 0);
    const [illegal] = violations(domain, original, undefined, 1);
    if (illegal !== undefined) {
      return {
        attribution: null,
        details: [],
        statements: [`The row is not a legal input, and neither is anything near it: ${illegal}.`],
      };
    }
    const decision = decisionOf(target.head, row(await target.predict(sample.inputs), 0), score);
    const rows = await drawnBackground(background, random, options.backgroundRows);
    const result = await findCounterfactuals(target, domain, decision, original, rows, options.count);
    return {
      attribution: null,
      details: result.found.length === 0 ? [] : [changesTable(domain, original, result.found), distancesTable(result)],
      statements: statementsOf(original, result),
    };
  },
});

function statementsOf(original: Float32Array, { found, unlike, unseen }: Counterfactuals): string[] {
  const [first] = found;
  if (first === undefined) {
    return [
      'No legal row with another decision was found: neither a few changes to values of real rows, nor to others of the range, nor the nearest real rows with another decision gave one.',
    ];
  }
  const changes = first.changed.map(
    (column) => `${column.name} from ${wordOf(column, original)} to ${wordOf(column, first.row)}`,
  );
  const neighbour =
    unlike === null
      ? 'no real row at hand has another decision'
      : `the nearest real row with another decision differs in ${unlike.changed.length}`;
  return [
    `The decision would be another with ${changes.join(', ')}; ${neighbour}.`,
    ...(unseen ? ['Some values are ones that no real row has, since those of real rows were not enough.'] : []),
    'That the model would decide otherwise does not say that the world would: none of the changes is advice.',
  ];
}

/** Every column that one of them changes, and those that nobody can change. */
function changesTable(domain: TabularDomain, original: Float32Array, found: readonly Counterfactual[]): Detail {
  const shown = columnsOf(domain).filter(
    (column) => column.immutable || found.some(({ changed }) => changed.includes(column)),
  );
  return {
    kind: 'table',
    title: 'What would have to be different',
    columns: [
      { label: 'column', format: 'text' },
      { label: 'now', format: 'text' },
      ...found.map((_, i) => ({ label: `counterfactual ${i + 1}`, format: 'text' as const })),
    ],
    rows: shown.map((column) => [
      column.immutable ? `${column.name} (immutable)` : column.name,
      wordOf(column, original),
      ...found.map(({ changed, row: values }) => (changed.includes(column) ? wordOf(column, values) : null)),
    ]),
    samples: true,
    note: 'An empty cell: as it is now. Immutable columns are left alone.',
  };
}

function distancesTable({ found, toBackground, unlike }: Counterfactuals): Detail {
  return {
    kind: 'table',
    title: 'How far they are',
    columns: [
      { label: 'row', format: 'text' },
      { label: 'changed columns', format: 'count' },
      { label: 'distance from the sample', format: 'number' },
      { label: 'distance to the nearest real row', format: 'number' },
    ],
    rows: [
      ['the sample itself', 0, 0, toBackground],
      ...found.map((each, i) => [`counterfactual ${i + 1}`, each.changed.length, each.distance, each.toBackground]),
      ...(unlike === null
        ? []
        : [['nearest real row with another decision', unlike.changed.length, unlike.distance, 0]]),
    ],
    note: 'Distances are sums over columns in median absolute deviations; another category counts 1.',
  };
}
