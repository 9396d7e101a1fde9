import { Type } from '@sinclair/typebox';
import { counted } from '#base/format';
import { row, rowsOf } from '#base/tensor';
import { defineExplainer } from '#plugin/explainer';
import type { Detail } from '#report/details';
import { columnsOf } from '#target/table-domain';
import { accumulatedDetail, dependenceDetail } from '../describing/effects.js';
import { drawnRows } from '../describing/rows.js';
import { columnFeatures } from '../features/columns.js';
import { permutationImportance } from '../methods/global/importance.js';
import { quantities, scoreAt } from '../methods/global/quantity.js';
import { tabular } from './surrogate-tree.js';

export const effects = defineExplainer({
  id: 'effects',
  title: 'Effects of columns',
  description:
    'How the score moves with each of the columns that move it most: partial dependence with individual conditional expectations, ' +
    'where the sample is marked, and first-order accumulated local effects, which ask for no row far from the data.',
  sources: [
    'Friedman 2001, Greedy Function Approximation: A Gradient Boosting Machine, section 8.2',
    'Goldstein, Kapelner, Bleich & Pitkin 2015, Peeking Inside the Black Box, arXiv:1309.6392',
    'Apley & Zhu 2020, Visualizing the Effects of Predictor Variables in Black Box Supervised Learning Models, arXiv:1612.08468',
  ],
  needs: ['scores'],
  role: 'explanation',
  options: Type.Object(
    {
      columns: Type.Integer({ minimum: 1, default: 4, description: 'Columns that are shown.' }),
      rows: Type.Integer({
        minimum: 2,
        default: 300,
        description: 'Real rows that the effects are averaged over, at most.',
      }),
      points: Type.Integer({
        minimum: 2,
        default: 20,
        description: 'Quantiles of a column that it is set to, and bins.',
      }),
      lines: Type.Integer({ minimum: 0, default: 30, description: 'Single rows whose lines are drawn.' }),
      centred: Type.Boolean({
        default: false,
        description: 'Whether all lines start at 0, which shows where their shapes differ.',
      }),
    },
    { additionalProperties: false },
  ),
  appliesTo: ({ domain, head }) => {
    if (domain.kind !== 'tabular') return 'effects are those of the columns of a table';
    return head.kind === 'sequence' ? 'a sequence has no one score to follow' : null;
  },
  async explain(context) {
    const { target, sample, score, options, background, random } = context;
    const domain = tabular(target.domain);
    const { inputs, indices } = await drawnRows(background, options.rows, random);
    const quantity = scoreAt(score);
    const before = await quantities(target, inputs, quantity);
    const moved = await permutationImportance(
      target,
      inputs,
      (scores) => before.map((value, i) => (quantity(row(scores, i)) - value) ** 2),
      columnFeatures(domain),
      1,
      random,
    );
    const columns = columnsOf(domain);
    const order = [...columns.keys()].sort((a, b) => (moved.rises[b] ?? NaN) - (moved.rises[a] ?? NaN));
    const chosen = order.slice(0, options.columns).flatMap((k) => columns[k] ?? []);
    const label = `score of ${target.labels?.[target.head.kind === 'binary' ? 1 : score] ?? score}`;
    const details: Detail[] = [];
    for (const [k, column] of chosen.entries()) {
      const marked = { input: sample.inputs, index: sample.indices[0] ?? -1 };
      const question = { model: target, column, inputs, indices, quantity, label, marked };
      details.push(await dependenceDetail(question, options));
      const accumulated = await accumulatedDetail(question, options);
      if (accumulated !== null) details.push(accumulated);
      context.progress(k + 1, chosen.length);
    }
    const categories = chosen.filter(({ kind }) => kind === 'one-hot').map(({ name }) => name);
    return {
      attribution: null,
      details,
      statements: [
        `Shown are ${counted(chosen.length, 'column')} of ${columns.length}: those whose exchange between ${rowsOf(inputs)} rows moves the score most.`,
        ...(categories.length === 0
          ? []
          : [`Categories have no order, so there are no accumulated local effects of ${categories.join(', ')}.`]),
        'Effects are means over rows: a flat mean can hide lines that cross.',
      ],
    };
  },
});
