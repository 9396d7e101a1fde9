import { formatPercent } from '../../format.js';
import { markup, nothing, type SafeMarkup } from '../markup.js';
import type { CurveChart } from '../view/chart-schema.js';
import { frameOf, horizontalAxis, langOf, picture, verticalAxis, type Frame, type Size } from './frame.js';
import { BOLD_SIZE, fitted } from './labels.js';
import { at, band, endLabels, marker, whiskers } from './lines.js';
import { linearScale, niceCeiling, niceTicks, thinned, type Scale } from './scale.js';

/**
 * A rate (or another number) against the strength of an attack: intervals as bands, references dashed, the accuracy
 * without an attack ringed, the policy's bar, and hatching where the measurement is not trusted.
 */
export function securityCurve(chart: CurveChart, size: Size): SafeMarkup {
  const frame = frameOf(size, size === 'wide' ? 148 : 88);
  const x = linearScale(horizontalDomain(chart), [frame.left, frame.right]);
  const y = linearScale(verticalDomain(chart), [frame.bottom, frame.top]);
  const drawing: Drawing = { chart, frame, x, y };
  return picture(frame, chart, [
    hatching(drawing),
    verticalAxis(frame, chart.y, y, niceTicks(y.domain[0], y.domain[1], 5), chart.lang),
    horizontalAxis(frame, chart.x, x, horizontalTicks(drawing), chart.lang),
    ...chart.series.map((series, index) => intervals(drawing, series, index)),
    policyBar(drawing),
    ...chart.series.map((series, index) => line(drawing, series, index)),
    cleanMark(drawing),
    lineNames(drawing),
    policyLabel(drawing),
  ]);
}

interface Drawing {
  readonly chart: CurveChart;
  readonly frame: Frame;
  readonly x: Scale;
  readonly y: Scale;
}

type Series = CurveChart['series'][number];

/** More marks than this on one line run into each other. */
const MOST_MARKS = 24;

/** Epsilons begin at zero, where nobody attacks. */
function horizontalDomain({ x, series, threshold, untrusted }: CurveChart): [number, number] {
  const values = [
    ...(x.format === 'epsilon' ? [0] : []),
    ...series.flatMap(({ points }) => points.map((point) => point.x)),
    ...untrusted.flatMap(({ from, to }) => [from, to]),
    ...(threshold?.x == null ? [] : [threshold.x]),
  ];
  return [least(values), greatest(values)];
}

/** Rates stand between none and all; other numbers begin at zero or below. */
function verticalDomain({ series, threshold, y }: CurveChart): [number, number] {
  if (y.format === 'rate') return [0, 1];
  const values = [
    0,
    threshold?.y ?? 0,
    ...series.flatMap(({ points }) =>
      points.flatMap((point) => [point.y, point.interval?.low ?? 0, point.interval?.high ?? 0]),
    ),
  ];
  const low = least(values);
  return [low < 0 ? -niceCeiling(-low, 3) : 0, niceCeiling(greatest(values), 5)];
}

/** The measured values themselves where there is room for them. */
function horizontalTicks({ chart, frame, x }: Drawing): number[] {
  const gap = chart.x.format === 'epsilon' ? 54 : 44;
  const measured = chart.series.flatMap(({ points }) => points.map((point) => point.x));
  const distinct = new Set(chart.x.format === 'epsilon' ? [0, ...measured] : measured);
  if (distinct.size <= 9) return thinned([...distinct], x, gap);
  return niceTicks(x.domain[0], x.domain[1], Math.floor((frame.right - frame.left) / (gap * 1.5)));
}

function intervals({ x, y }: Drawing, { points }: Series, index: number): SafeMarkup {
  const bounded = points.flatMap((point) => (point.interval === null ? [] : [{ x: point.x, ...point.interval }]));
  return bounded.length === 0
    ? nothing
    : markup`${band(bounded, x, y, index)}${whiskers(marked(bounded), x, y, index)}`;
}

function line({ x, y }: Drawing, series: Series, index: number): SafeMarkup {
  const path = series.points.map((point) => `${at(x(point.x))},${at(y(point.y))}`).join('L');
  const isLine = series.points.length > 1;
  const stroke = isLine ? markup`<path class="line ${series.role} s${index + 1}" d="M${path}"/>` : nothing;
  if (series.role === 'reference' && isLine) return stroke;
  const marks = marked(series.points).map((point) => marker(x(point.x), y(point.y), index));
  return markup`${stroke}${marks}`;
}

/** The points that are marked: all, or as many as there is room for, evenly by rank from the first to the last. */
function marked<T>(points: readonly T[]): readonly T[] {
  if (points.length <= MOST_MARKS) return points;
  const stride = (points.length - 1) / (MOST_MARKS - 1);
  return Array.from({ length: MOST_MARKS }, (_, k) => points[Math.round(k * stride)]).filter(
    (each) => each !== undefined,
  );
}

/** The accuracy that the model has when nobody attacks it. */
function cleanMark({ chart, x, y }: Drawing): SafeMarkup {
  if (chart.x.format !== 'epsilon' || chart.y.format !== 'rate') return nothing;
  const index = chart.series.findIndex(({ points }) => points.some((point) => point.x === 0));
  const point = chart.series[index]?.points.find((candidate) => candidate.x === 0);
  if (point === undefined) return nothing;
  const top = y(point.y);
  const labelY = top - 12 < 34 ? top + 22 : top - 12;
  return markup`<circle class="ring s${index + 1}" cx="${x(0)}" cy="${top}" r="7"/><text class="note" x="${x(0) + 8}" y="${labelY}">${chart.words.clean} ${formatPercent(point.y)}</text>`;
}

function lineNames({ chart, frame, x, y }: Drawing): SafeMarkup {
  const labels = chart.series.map(({ name, points }) => {
    const last = points[points.length - 1];
    return { name, x: x(last?.x ?? 0), y: y(last?.y ?? 0) };
  });
  return endLabels(frame, labels, chart.lang);
}

/** At one x a short, heavy bar to be above; without one, a line through the whole picture. */
function policyBar({ chart, frame, x, y }: Drawing): SafeMarkup {
  if (chart.threshold === null) return nothing;
  const level = y(chart.threshold.y);
  const guide = markup`<line class="bar-guide" x1="${frame.left}" x2="${frame.right}" y1="${level}" y2="${level}"/>`;
  if (chart.threshold.x === null) return guide;
  const middle = x(chart.threshold.x);
  return markup`${guide}<path class="bar" d="M${at(middle - 14)},${at(level)}H${at(middle + 14)}M${at(middle)},${at(level)}v6"/>`;
}

function policyLabel({ chart, frame, x, y }: Drawing): SafeMarkup {
  if (chart.threshold === null) return nothing;
  const level = y(chart.threshold.y);
  const label = fitted(chart.threshold.label, frame.right - frame.left, BOLD_SIZE);
  const middle = chart.threshold.x === null ? frame.right : x(chart.threshold.x);
  const atRight = middle > (frame.left + frame.right) / 2;
  const anchor = atRight ? 'end' : 'start';
  const edge = atRight ? Math.min(frame.right, middle + 14) : Math.max(frame.left, middle - 14);
  return markup`<text class="note bar-label"${langOf(chart.lang)} x="${edge}" y="${level - 8 < 30 ? level + 18 : level - 8}" text-anchor="${anchor}">${label}</text>`;
}

function hatching({ chart, frame, x }: Drawing): SafeMarkup {
  if (chart.untrusted.length === 0) return nothing;
  const pattern = `${chart.id}-${frame.size}-hatch`;
  const areas = chart.untrusted.map(({ from, to }) => {
    const middle = (x(from) + x(to)) / 2;
    const width = Math.max(12, x(to) - x(from));
    const left = Math.max(frame.left, Math.min(middle - width / 2, frame.right - width));
    return markup`<rect class="untrusted" x="${left}" y="${frame.top}" width="${width}" height="${frame.bottom - frame.top}" fill="url(#${pattern})"/><text class="note" x="${left + width}" y="${frame.top - 8}" text-anchor="end">${chart.words.untrusted}</text>`;
  });
  return markup`<defs><pattern id="${pattern}" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="7"/></pattern></defs>${areas}`;
}

function least(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}

function greatest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), -Infinity);
}
