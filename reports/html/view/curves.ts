import type { CurveDetail, HistogramDetail } from '#report/details';
import { formatCount, formatRate } from '../../format.js';
import type { CurveChart } from './chart-schema.js';
import type { FigureContext } from './context.js';
import type { DataTable, Figure } from './figure-schema.js';
import { dataTable, type Column } from './tables.js';
import { headed } from './words.js';

/** More lines than this in one frame are not told apart: the rest are further charts of the same size. */
const MOST_LINES = 4;
const MOST_REFERENCES = 2;
const MOST_CHARTS = 6;

type Series = CurveChart['series'][number];

export function curveFigure(detail: CurveDetail, context: FigureContext): Figure {
  const { units, words, write } = context;
  const title = write.english(detail.title);
  const { id, number, label } = context.numbers.figure();
  const caption = { label, title };
  const series = detail.series.filter(({ points }) => points.length > 0).map((line) => sorted(line, context));
  if (series.length === 0) return { kind: 'absent', caption, sentence: words.figures.noPoints };

  const axis = ({ label, format }: CurveDetail['x']) => ({ label: write.name(label), format, units });
  const { threshold } = detail;
  const groups = headed(charted(series), MOST_CHARTS);
  const charts = groups.shown.map((group, index): CurveChart => ({
    id: `${id}-${index + 1}`,
    lang: title.lang,
    title: title.text,
    summary: words.sentenceParts(group.map((line) => summary(line, detail, context))),
    x: axis(detail.x),
    y: axis(detail.y),
    series: group,
    threshold:
      threshold === undefined ? null : { x: threshold.x ?? null, y: threshold.y, label: write.name(threshold.label) },
    untrusted: (detail.untrusted ?? []).map(({ from, to }) => ({ from, to })),
    words: { untrusted: words.figures.untrusted, clean: words.figures.clean },
  }));
  return {
    kind: 'curve',
    caption,
    description: write.sentence(detail.description),
    charts,
    distrust: distrust(detail, context),
    behind: words.figures.behind(number),
    table: curveTable(series, detail, context),
  };
}

export function histogramFigure(detail: HistogramDetail, context: FigureContext): Figure {
  const { units, words, write } = context;
  const title = write.english(detail.title);
  const { id, number, label } = context.numbers.figure();
  const caption = { label, title };
  const { x, bins, threshold } = detail;
  if (bins.length === 0) return { kind: 'absent', caption, sentence: words.figures.noBins };
  return {
    kind: 'histogram',
    caption,
    description: write.sentence(detail.description),
    chart: {
      id,
      lang: title.lang,
      title: title.text,
      summary: histogramSummary(detail, context),
      x: { label: write.name(x.label), format: x.format, units },
      count: words.figures.count,
      bins: bins.map(({ from, to, count }) => ({ from, to, count })),
      threshold: threshold === undefined ? null : { x: threshold.x, label: write.name(threshold.label) },
    },
    behind: words.figures.behind(number),
    table: histogramTable(detail, context),
  };
}

function histogramSummary({ bins, x }: HistogramDetail, { words, write }: FigureContext): string {
  const total = bins.reduce((sum, bin) => sum + bin.count, 0);
  const highest = bins.reduce((best, bin) => (bin.count > best.count ? bin : best));
  const [from, to] = [write.value(highest.from, x.format), write.value(highest.to, x.format)];
  return words.figures.bins(total, bins.length, from, to, highest.count);
}

function histogramTable({ title, x, bins }: HistogramDetail, context: FigureContext): DataTable {
  const { words, write } = context;
  const columns = [words.figures.from, words.figures.to, words.figures.count].map((label) => ({
    label,
    numeric: true,
  }));
  const edge = (value: number) => write.value(value, x.format);
  const texts = { title: write.english(title), empty: words.figures.noBins, note: write.english(x.label) };
  return dataTable(context, texts, columns, bins, ({ from, to, count }) => [edge(from), edge(to), formatCount(count)]);
}

/** Where the measurement is not trusted, and why. */
function distrust({ untrusted = [], x }: CurveDetail, { words, write }: FigureContext) {
  return untrusted.map(({ from, to, because }) => {
    const [start, end] = [write.value(from, x.format), write.value(to, x.format)];
    return {
      where: from === to ? words.figures.untrustedAt(start) : words.figures.untrustedFrom(start, end),
      because: write.sentence(because),
    };
  });
}

function sorted({ name, role, points }: CurveDetail['series'][number], { write }: FigureContext): Series {
  return {
    name: write.name(name),
    role,
    points: [...points]
      .sort((a, b) => a.x - b.x)
      .map(({ x, y, low, high }) => ({
        x,
        y,
        interval: low === undefined || high === undefined ? null : { low, high },
      })),
  };
}

/** Measured series in groups that fit one frame, each with the references that they are read against. */
function charted(series: readonly Series[]): Series[][] {
  const references = series.filter(({ role }) => role === 'reference').slice(0, MOST_REFERENCES);
  const measured = series.filter(({ role }) => role === 'measured');
  if (measured.length === 0) return [references];
  const room = MOST_LINES - references.length;
  return Array.from({ length: Math.ceil(measured.length / room) }, (_, i) => [
    ...measured.slice(i * room, (i + 1) * room),
    ...references,
  ]);
}

function summary({ name, points }: Series, { x, y }: CurveDetail, { words, write }: FigureContext): string {
  const [first, last] = [points[0], points[points.length - 1]];
  const ends = [...new Set([first, last])].filter((point) => point !== undefined);
  const at = ends.map((point) => words.figures.at(write.value(point.y, y.format), write.value(point.x, x.format)));
  return words.figures.series(name, words.list(at));
}

function curveTable(series: readonly Series[], detail: CurveDetail, context: FigureContext): DataTable {
  const { words, write } = context;
  const { format } = detail.y;
  const value = (y: number) => (format === 'rate' ? formatRate(y) : write.value(y, format));
  const unit = format === 'rate' ? ' (%)' : '';
  const lines = series.map(({ name, points }) => ({
    name,
    byX: new Map(points.map((point) => [point.x, point])),
    isBounded: points.some(({ interval }) => interval !== null),
  }));
  const columns = lines.flatMap(({ name, isBounded }): Column[] => [
    { label: write.english(`${name}${unit}`), numeric: true },
    ...(isBounded ? [{ label: words.interval, numeric: true }] : []),
  ]);
  const xs = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const cells = (x: number) => [
    write.value(x, detail.x.format),
    ...lines.flatMap(({ byX, isBounded }) => {
      const point = byX.get(x);
      const interval = point?.interval ?? null;
      return [
        point === undefined ? null : value(point.y),
        ...(isBounded ? [interval === null ? null : write.interval(interval, format)] : []),
      ];
    }),
  ];
  const texts = { title: write.english(detail.title), empty: words.figures.noPoints };
  return dataTable(context, texts, [{ label: write.english(detail.x.label), numeric: true }, ...columns], xs, cells);
}
