import type { CurveDetail } from '#report/details';
import type { RecordedDecision, RecordedExplainer } from '#report/explanation';
import type { FigureContext } from './context.js';
import type { AgreementView, ExplanationPage } from './explain-schema.js';
import { figureOf } from './figures.js';
import { dataTable } from './tables.js';

/** How far attributions agree: rank correlations below the diagonal, shared first features above it. */
export function agreementView(
  attributed: readonly RecordedExplainer[],
  { agreement }: RecordedDecision,
  { numbers, write }: FigureContext,
): AgreementView {
  const { id, label } = numbers.table();
  const pairs = new Map(agreement.map((pair) => [keyOf(pair.a, pair.b), pair]));
  const counts = [...new Set(agreement.map(({ features, k }) => `${k} of ${features}`))];
  const names = attributed.map(({ title }, i) => ({ number: String(i + 1), name: write.english(title) }));
  return {
    id,
    caption: {
      label,
      title: write.own(
        "Below the diagonal: Spearman's rank correlation of the absolute values. Above it: the share of the first features that two have in common (Jaccard).",
      ),
    },
    columns: names,
    rows: attributed.map((row, i) => ({
      ...(names[i] ?? { number: '', name: write.own('') }),
      cells: attributed.map((column, j) => {
        if (i === j) return { text: '–', level: 'self' };
        const pair = pairs.get(keyOf(row.id, column.id));
        const value = (i > j ? pair?.spearman : pair?.jaccard) ?? null;
        return value === null ? { text: 'none', level: 'none' } : { text: twoDecimals(value), level: levelOf(value) };
      }),
    })),
    notes: [
      `First features are the ${counts.join(', or the ')} with the largest absolute values. Two attributions are compared in the features of the coarser one, in which the values of the finer one are added up.`,
      'Where methods agree, they see the same features; not that the model uses these, since methods of one family share their mistakes. Where they disagree, at least one of them does not answer the question that it is read for. Hold both against the controls, which know nothing of this decision.',
    ],
  };
}

function keyOf(a: string, b: string): string {
  return JSON.stringify([a, b].sort());
}

function twoDecimals(value: number): string {
  return value.toFixed(2).replace('-', '\u2212');
}

function levelOf(value: number): string {
  return `agree-${Math.max(0, Math.min(4, Math.floor(value * 5)))}`;
}

/** Deletion and insertion: the numbers of all, and their curves beside those of random orders. */
export function removalView(
  attributed: readonly RecordedExplainer[],
  { removal, noRemoval, score }: RecordedDecision,
  context: FigureContext,
): ExplanationPage['removal'] {
  const { write } = context;
  if (removal === null) return { sentences: [noRemoval ?? ''], table: null, figures: [] };
  const titles = new Map(attributed.map(({ id, title }) => [id, title]));
  const numeric = (label: string) => ({ label, numeric: true });
  const columns = [
    { label: 'Explainer', numeric: false },
    numeric('Deletion: mean score'),
    numeric('random orders beaten'),
    numeric('Insertion: mean score'),
    numeric('random orders beaten'),
  ];
  const table = dataTable(
    context,
    { title: `Mean scores on the way, and how many of ${removal.orders} random orders each beats.`, empty: '' },
    columns,
    removal.explained,
    ({ id, deletion, insertion }) => [
      write.english(titles.get(id) ?? id),
      ...[deletion, insertion].flatMap(({ mean, beats }) => [write.number(mean), String(beats)]),
    ],
  );
  const curves = (['deletion', 'insertion'] as const).map((kind) => curveOf(kind, titles, removal, score.label));
  return {
    sentences: [
      `Features are taken away from the sample, the largest value first, and replaced by ${removal.baseline} (deletion), or put back into that in the same order (insertion). An order that knows what the score rests on makes it fall early, and rise early.`,
      `The band holds 95 % of ${removal.orders} random orders. What does not beat them tells nothing about this decision by this measure; half-removed samples are unlike the data, so beating them is no proof either.`,
    ],
    table,
    figures: curves.map((curve) => figureOf(curve, context)),
  };
}

function curveOf(
  kind: 'deletion' | 'insertion',
  titles: ReadonlyMap<string, string>,
  { counts, random, explained }: NonNullable<RecordedDecision['removal']>,
  label: string,
): CurveDetail {
  const all = counts.at(-1) ?? NaN;
  const x = (i: number) => (counts[i] ?? NaN) / all;
  const band = random[kind];
  return {
    kind: 'curve',
    title: kind === 'deletion' ? 'Deletion.' : 'Insertion.',
    description:
      kind === 'deletion'
        ? `The score of ${label} while features are taken away: the lower, the better.`
        : `The score of ${label} while features are put back: the higher, the better.`,
    x: { label: kind === 'deletion' ? 'Features taken away' : 'Features put back', format: 'rate' },
    y: { label: `Score of ${label}`, format: 'number' },
    series: [
      ...explained.map((each) => ({
        name: titles.get(each.id) ?? each.id,
        role: 'measured' as const,
        points: each[kind].scores.map((y, i) => ({ x: x(i), y })),
      })),
      {
        name: 'Random orders',
        role: 'reference',
        points: band.mean.map((y, i) => ({ x: x(i), y, low: band.low[i] ?? y, high: band.high[i] ?? y })),
      },
    ],
  };
}
