import type { EffectDetail } from '#report/details';
import { formatCount } from '../../format.js';
import type { FigureContext } from './context.js';
import type { EffectChart } from './feature-chart-schema.js';
import type { DataTable, Figure } from './figure-schema.js';
import { evenly } from './lanes.js';
import { dataTable, type Column } from './tables.js';
import { asPhrase } from './words.js';

/** More thin lines, or strokes of the data, are a grey area. */
const MOST_LINES = 60;
const MOST_STROKES = 240;

export function effectFigure(detail: EffectDetail, context: FigureContext): Figure {
  const { units, words, write } = context;
  const title = write.english(detail.title);
  const { id, number, label } = context.numbers.figure();
  const caption = { label, title };
  const { x, y, mean, individual, marked } = detail;
  if (mean.points.length === 0) return { kind: 'absent', caption, sentence: words.figures.noPoints };
  const lines = evenly(individual, MOST_LINES);
  const rug = strokes(detail);
  return {
    kind: 'effect',
    caption,
    description: [
      write.sentence(detail.description),
      ...(lines.length === 0 ? [] : [asPhrase(words.features.lines(lines.length, individual.length))]),
      ...(rug.length === 0 ? [] : [asPhrase(words.features.rug)]),
    ],
    chart: {
      id,
      lang: title.lang,
      title: title.text,
      summary: summary(detail, context),
      x: { label: write.name(x.label), format: x.format, units },
      y: { label: write.name(y.label), format: y.format, units },
      categories: categories(detail, context),
      mean: {
        name: write.name(mean.name),
        points: mean.points.map(({ x, y, low, high }) => ({
          x,
          y,
          interval: low === undefined || high === undefined ? null : { low, high },
        })),
      },
      individual: lines.map((line) => line.y),
      marked:
        marked === undefined
          ? null
          : {
              name: words.figures.sample(formatCount(marked.sample)),
              x: marked.x,
              y: marked.y,
              line: individual.find(({ sample }) => sample === marked.sample)?.y ?? null,
            },
      rug,
    },
    behind: words.figures.behind(number),
    table: table(detail, context),
  };
}

/** Values of the data that lie on the curve. */
function strokes({ x, mean, rug }: EffectDetail): number[] {
  if (x.categories !== undefined) return [];
  const [first, last] = [mean.points[0]?.x ?? 0, mean.points[mean.points.length - 1]?.x ?? 0];
  const inside = rug.filter((value) => value >= first && value <= last).sort((a, b) => a - b);
  return [...evenly(inside, MOST_STROKES)];
}

function categories({ x, rug }: EffectDetail, { write }: FigureContext): EffectChart['categories'] {
  if (x.categories === undefined || x.categories.length === 0) return null;
  return x.categories.map((name, i) => ({
    name: write.name(name),
    count: rug.length === 0 ? null : `n\u00a0${formatCount(countOf(rug, i))}`,
  }));
}

function countOf(rug: readonly number[], category: number): number {
  return rug.reduce((count, value) => count + (value === category ? 1 : 0), 0);
}

/** A place on the axis in words. */
function placeOf(value: number, { x }: EffectDetail, { write }: FigureContext): string {
  const category = x.categories?.[value];
  return category === undefined ? write.value(value, x.format) : write.name(category);
}

function summary(detail: EffectDetail, context: FigureContext): string {
  const { words, write } = context;
  const { points, name } = detail.mean;
  const ends = [...new Set([points[0], points[points.length - 1]])].filter((point) => point !== undefined);
  const at = ends.map(({ x, y }) => words.figures.at(write.value(y, detail.y.format), placeOf(x, detail, context)));
  return words.figures.series(write.name(name), words.list(at));
}

function table(detail: EffectDetail, context: FigureContext): DataTable {
  const { words, write } = context;
  const { x, y, mean, individual, rug } = detail;
  const isBounded = mean.points.some(({ low, high }) => low !== undefined && high !== undefined);
  const counted = x.categories !== undefined && rug.length > 0;
  const column = (label: Column['label']): Column => ({ label, numeric: true });
  const columns: Column[] = [
    { label: write.english(x.label), numeric: x.categories === undefined },
    column(write.english(mean.name)),
    ...(isBounded ? [column(words.interval)] : []),
    ...(individual.length > 0 ? [column(words.features.lowestLine), column(words.features.highestLine)] : []),
    ...(counted ? [column(words.features.samples)] : []),
  ];
  const texts = { title: write.english(detail.title), empty: words.figures.noPoints };
  const rows = mean.points.map((point, i) => ({ point, i }));
  return dataTable(context, texts, columns, rows, ({ point, i }) => {
    const { low, high } = point;
    const values = individual.flatMap((line) => line.y[i] ?? []);
    const value = (number: number) => write.value(number, y.format);
    return [
      placeOf(point.x, detail, context),
      value(point.y),
      ...(isBounded ? [low === undefined || high === undefined ? null : write.interval({ low, high }, y.format)] : []),
      ...(individual.length > 0 ? ends(values).map((end) => (end === null ? null : value(end))) : []),
      ...(counted ? [formatCount(countOf(rug, point.x))] : []),
    ];
  });
}

function ends(values: readonly number[]): readonly (number | null)[] {
  if (values.length === 0) return [null, null];
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}
