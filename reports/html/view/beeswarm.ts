import type { BeeswarmDetail } from '#report/details';
import { formatCount } from '../../format.js';
import type { FigureContext } from './context.js';
import type { BeeswarmChart } from './feature-chart-schema.js';
import type { DataTable, Figure } from './figure-schema.js';
import { alignedNumbers, evenly, laneName, signed } from './lanes.js';
import { dataTable } from './tables.js';
import { asPhrase, headed } from './words.js';

const MOST_FEATURES = 16;
/** Dots of one feature: more run into each other, and make the page heavy. */
const MOST_DOTS = 120;
const NAMED = 3;

type Feature = BeeswarmDetail['features'][number];

export function beeswarmFigure(detail: BeeswarmDetail, context: FigureContext): Figure {
  const { units, words, write } = context;
  const title = write.english(detail.title);
  const { id, number, label } = context.numbers.figure();
  const caption = { label, title };
  const features = detail.features
    .filter(({ points }) => points.length > 0)
    .map((feature) => ({ feature, size: meanSize(feature) }))
    .sort((a, b) => b.size - a.size)
    .map(({ feature }) => feature);
  if (features.length === 0) return { kind: 'absent', caption, sentence: words.features.none };

  const { shown, left } = headed(features, MOST_FEATURES);
  const most = shown.reduce((count, { points }) => Math.max(count, points.length), 0);
  const written = alignedNumbers(shown.map(meanSize), detail.x.format, context);
  const hasNone = shown.some(({ points }) => points.some(({ value }) => value === null));
  return {
    kind: 'beeswarm',
    caption,
    description: [
      write.sentence(detail.description),
      asPhrase(words.features.dots),
      ...(most > MOST_DOTS ? [asPhrase(words.features.dotsOf(MOST_DOTS, most))] : []),
      ...(left === 0 ? [] : [asPhrase(words.figures.left(left))]),
    ],
    chart: {
      id,
      lang: title.lang,
      title: title.text,
      summary: summary(shown, detail, context),
      x: { label: write.name(detail.x.label), format: detail.x.format, units },
      features: shown.map((feature) => lane(feature, written(meanSize(feature)), context)),
      words: { value: words.features.dotValue, none: hasNone ? words.features.dotNone : null },
    },
    behind: words.figures.behind(number),
    table: table(features, detail, context),
  };
}

function lane(feature: Feature, number: string, context: FigureContext): BeeswarmChart['features'][number] {
  const points = [...feature.points].sort((a, b) => a.contribution - b.contribution || a.sample - b.sample);
  return {
    ...laneName(feature.name, context),
    value: null,
    number,
    points: evenly(points, MOST_DOTS).map(({ contribution, value }) => ({ x: contribution, level: levelOf(value) })),
  };
}

function levelOf(value: number | null): number | null {
  return value === null ? null : Math.max(0, Math.min(4, Math.round(4 * value)));
}

function meanSize({ points }: Feature): number {
  return points.reduce((sum, { contribution }) => sum + Math.abs(contribution), 0) / points.length;
}

function summary(features: readonly Feature[], { x }: BeeswarmDetail, { words, write }: FigureContext): string {
  const strongest = features
    .slice(0, NAMED)
    .map((feature) => words.figures.series(write.name(feature.name), write.value(meanSize(feature), x.format)));
  return words.features.largest(words.list(strongest));
}

function table(features: readonly Feature[], { title, x }: BeeswarmDetail, context: FigureContext): DataTable {
  const { words, write } = context;
  const { name, samples, meanSize: mean, lowest, highest } = words.features;
  const columns = [
    { label: name, numeric: false },
    ...[samples, mean, lowest, highest].map((label) => ({ label, numeric: true })),
  ];
  const texts = { title: write.english(title), empty: words.features.none };
  return dataTable(context, texts, columns, features, (feature) => {
    let [low, high] = [Infinity, -Infinity];
    for (const { contribution } of feature.points) {
      [low, high] = [Math.min(low, contribution), Math.max(high, contribution)];
    }
    return [
      write.english(feature.name),
      formatCount(feature.points.length),
      write.value(meanSize(feature), x.format),
      signed(low, x.format, context),
      signed(high, x.format, context),
    ];
  });
}
