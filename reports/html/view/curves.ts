import type { CurveDetail, HistogramDetail } from '#report/details';
import { formatCount, formatInterval, formatRate, formatValue, type EpsilonUnits } from '../../format.js';
import type { CurveChart } from './chart-schema.js';
import type { PageContext } from './context.js';
import type { Figure } from './figure-schema.js';
import { dataTable } from './tables.js';
import { headed, name, sentence } from './words.js';

/** More lines than this in one frame are not told apart: the rest are further charts of the same size. */
const MOST_LINES = 4;
const MOST_REFERENCES = 2;
const MOST_CHARTS = 6;

type Series = CurveChart['series'][number];

export function curveFigure(detail: CurveDetail, context: PageContext): Figure {
  const { units } = context;
  const title = name(detail.title);
  const { id, caption } = context.numbers.figure(title);
  const series = detail.series.filter(({ points }) => points.length > 0).map(sorted);
  if (series.length === 0) return { kind: 'absent', caption, sentence: 'The audit measured no point of this curve.' };

  const axis = ({ label, format }: CurveDetail['x']) => ({ label: name(label), format, units });
  const { threshold } = detail;
  const groups = headed(charted(series), MOST_CHARTS);
  const charts = groups.shown.map((group, index): CurveChart => ({
    id: `${id}-${index + 1}`,
    title: caption,
    summary: group.map((line) => summary(line, detail, units)).join('; '),
    x: axis(detail.x),
    y: axis(detail.y),
    series: group,
    threshold:
      threshold === undefined ? null : { x: threshold.x ?? null, y: threshold.y, label: name(threshold.label) },
    untrusted: (detail.untrusted ?? []).map(({ from, to }) => ({ from, to })),
  }));
  const distrust = (detail.untrusted ?? []).map(({ from, to, because }) => {
    const range =
      from === to
        ? `at ${xText(from, detail, units)}`
        : `from ${xText(from, detail, units)} to ${xText(to, detail, units)}`;
    return `Not trusted ${range}: ${sentence(because)}`;
  });
  return {
    kind: 'curve',
    caption,
    description: sentence(detail.description),
    charts,
    distrust,
    table: curveTable(title, series, detail, context),
  };
}

export function histogramFigure(detail: HistogramDetail, context: PageContext): Figure {
  const { units } = context;
  const title = name(detail.title);
  const { id, caption } = context.numbers.figure(title);
  if (detail.bins.length === 0)
    return { kind: 'absent', caption, sentence: 'The audit counted nothing for this histogram.' };
  const { x, bins, threshold } = detail;
  const edge = (value: number) => formatValue(value, x.format, units);
  const total = bins.reduce((sum, bin) => sum + bin.count, 0);
  const highest = bins.reduce((best, bin) => (bin.count > best.count ? bin : best));
  return {
    kind: 'histogram',
    caption,
    description: sentence(detail.description),
    chart: {
      id,
      title: caption,
      summary: `${formatCount(total)} values in ${bins.length} bins; the highest bin, ${edge(highest.from)} to ${edge(highest.to)}, holds ${formatCount(highest.count)}`,
      x: { label: name(x.label), format: x.format, units },
      bins: bins.map(({ from, to, count }) => ({ from, to, count })),
      threshold: threshold === undefined ? null : { x: threshold.x, label: name(threshold.label) },
    },
    table: dataTable(
      context,
      title,
      [
        { label: `${name(x.label)}, from`, numeric: true },
        { label: 'to', numeric: true },
        { label: 'Count', numeric: true },
      ],
      bins.map((bin) => [edge(bin.from), edge(bin.to), formatCount(bin.count)]),
      { empty: 'The audit counted nothing.' },
    ),
  };
}

function sorted({ name: title, role, points }: CurveDetail['series'][number]): Series {
  return {
    name: name(title),
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

function summary({ name: title, points }: Series, detail: CurveDetail, units: EpsilonUnits): string {
  const [first, last] = [points[0], points[points.length - 1]];
  const ends = first === last ? [first] : [first, last];
  const words = ends.flatMap((point) =>
    point === undefined ? [] : [`${formatValue(point.y, detail.y.format, units)} at ${xText(point.x, detail, units)}`],
  );
  return `${title}: ${words.join(', ')}`;
}

function curveTable(title: string, series: readonly Series[], detail: CurveDetail, context: PageContext) {
  const { units } = context;
  const { format } = detail.y;
  const value = (y: number) => (format === 'rate' ? formatRate(y) : formatValue(y, format, units));
  const unit = format === 'rate' ? ' (%)' : '';
  const xs = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const bounded = series.map(({ points }) => points.some(({ interval }) => interval !== null));
  const columns = series.flatMap((line, i) => [
    { label: `${line.name}${unit}`, numeric: true },
    ...(bounded[i] ? [{ label: '95 % interval', numeric: true }] : []),
  ]);
  const rows = xs.map((x) => [
    xText(x, detail, units),
    ...series.flatMap(({ points }, i) => {
      const point = points.find((candidate) => candidate.x === x);
      const interval = point?.interval ?? null;
      return [
        point === undefined ? null : value(point.y),
        ...(bounded[i] ? [interval === null ? null : formatInterval(interval.low, interval.high, format, units)] : []),
      ];
    }),
  ]);
  return dataTable(context, title, [{ label: name(detail.x.label), numeric: true }, ...columns], rows, {
    empty: 'The audit measured no point.',
  });
}

function xText(x: number, detail: CurveDetail, units: EpsilonUnits): string {
  return formatValue(x, detail.x.format, units);
}
