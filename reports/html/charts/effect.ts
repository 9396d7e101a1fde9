import { markup, nothing, type SafeMarkup } from '../markup.js';
import type { EffectChart } from '../view/feature-chart-schema.js';
import { categoryAxis, slotOf } from './categories.js';
import { frameOf, horizontalAxis, picture, verticalAxis, type Frame, type Size } from './frame.js';
import { at, band, endLabels, marker, whiskers } from './lines.js';
import { linearScale, niceRange, niceTicks, type Scale } from './scale.js';

/**
 * The score by one feature: the mean with its interval, a thin line a sample, the sample that is explained, and below
 * them where the data lie. Categories have no order: their means are points, and samples short strokes.
 */
export function effect(chart: EffectChart, size: Size): SafeMarkup {
  const frame = frameOf(size, size === 'wide' ? 148 : 88);
  const { categories } = chart;
  const x = linearScale(horizontalDomain(chart), [frame.left, frame.right]);
  const y = linearScale(verticalDomain(chart), [frame.bottom - (categories === null ? 10 : 0), frame.top]);
  const drawing: Drawing = { chart, frame, x, y };
  const ticks = niceTicks(x.domain[0], x.domain[1], Math.floor((frame.right - frame.left) / 66));
  return picture(frame, chart, [
    verticalAxis(frame, chart.y, y, niceTicks(y.domain[0], y.domain[1], 5), chart.lang),
    categories === null
      ? horizontalAxis(frame, chart.x, x, ticks, chart.lang)
      : categoryAxis(frame, chart.x, x, categories, chart.lang),
    ...chart.individual.map((values) => sampleLine(values, 'individual', drawing)),
    rug(drawing),
    meanLine(drawing),
    markedSample(drawing),
    names(drawing),
  ]);
}

interface Drawing {
  readonly chart: EffectChart;
  readonly frame: Frame;
  readonly x: Scale;
  readonly y: Scale;
}

function horizontalDomain({ categories, mean, marked }: EffectChart): readonly [number, number] {
  if (categories !== null) return [-0.5, categories.length - 0.5];
  const xs = [...mean.points.map((point) => point.x), ...(marked === null ? [] : [marked.x])];
  return [xs.reduce((a, b) => Math.min(a, b)), xs.reduce((a, b) => Math.max(a, b))];
}

/** What is drawn, no more: an effect may be small beside the score itself. */
function verticalDomain({ mean, individual, marked }: EffectChart): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity];
  const include = (value: number) => ([low, high] = [Math.min(low, value), Math.max(high, value)]);
  for (const { y, interval } of mean.points) [y, interval?.low ?? y, interval?.high ?? y].forEach(include);
  for (const values of [...individual, marked?.line ?? []]) values.forEach(include);
  if (marked !== null) include(marked.y);
  return niceRange(low, high, 5);
}

/** The line of one sample over the x of the mean; of categories a short stroke each. */
function sampleLine(values: readonly number[], name: string, { chart, frame, x, y }: Drawing): SafeMarkup {
  const points = chart.mean.points.flatMap((point, i) => {
    const value = values[i];
    return value === undefined ? [] : [{ x: x(point.x), y: y(value) }];
  });
  const half = slotOf(frame, chart) / 5;
  const path =
    chart.categories === null
      ? `M${points.map((point) => `${at(point.x)},${at(point.y)}`).join('L')}`
      : points.map((point) => `M${at(point.x - half)},${at(point.y)}h${at(2 * half)}`).join('');
  return points.length === 0 ? nothing : markup`<path class="${name}" d="${path}"/>`;
}

function meanLine({ chart, x, y }: Drawing): SafeMarkup {
  const { points } = chart.mean;
  const bounded = points.flatMap((point) => (point.interval === null ? [] : [{ x: point.x, ...point.interval }]));
  if (chart.categories !== null) {
    const errors = bounded.length === 0 ? nothing : whiskers(bounded, x, y, 0);
    return markup`${errors}${points.map((point) => marker(x(point.x), y(point.y), 0))}`;
  }
  const area = bounded.length === 0 ? nothing : band(bounded, x, y, 0);
  const path = points.map((point) => `${at(x(point.x))},${at(y(point.y))}`).join('L');
  return markup`${area}${points.length > 1 ? markup`<path class="line s1" d="M${path}"/>` : marker(x(points[0]?.x ?? 0), y(points[0]?.y ?? 0), 0)}`;
}

function markedSample(drawing: Drawing): SafeMarkup {
  const { marked } = drawing.chart;
  if (marked === null) return nothing;
  const line = marked.line === null ? nothing : sampleLine(marked.line, 'line s2 own', drawing);
  return markup`${line}${marker(drawing.x(marked.x), drawing.y(marked.y), 1)}`;
}

/** Short strokes above the axis, one a value of the data. */
function rug({ chart, frame, x }: Drawing): SafeMarkup {
  if (chart.categories !== null || chart.rug.length === 0) return nothing;
  const path = chart.rug.map((value) => `M${at(x(value))},${at(frame.bottom)}v-7`).join('');
  return markup`<path class="rug" d="${path}"/>`;
}

function names({ chart, frame, x, y }: Drawing): SafeMarkup {
  const { mean, marked } = chart;
  const last = mean.points[mean.points.length - 1];
  const ends = [{ name: mean.name, x: x(last?.x ?? 0), y: y(last?.y ?? 0) }];
  if (marked !== null) {
    const end = marked.line?.[mean.points.length - 1];
    ends.push(
      end === undefined
        ? { name: marked.name, x: x(marked.x), y: y(marked.y) }
        : { name: marked.name, x: x(last?.x ?? 0), y: y(end) },
    );
  }
  return endLabels(frame, ends, chart.lang);
}
