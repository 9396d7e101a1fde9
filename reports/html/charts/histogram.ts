import { markup, nothing, type SafeMarkup } from '../markup.js';
import type { HistogramChart } from '../view/chart-schema.js';
import { frameOf, horizontalAxis, langOf, picture, verticalAxis, type Frame, type Lang, type Size } from './frame.js';
import { BOLD_SIZE, fitted } from './labels.js';
import { linearScale, niceCeiling, niceTicks, thinned } from './scale.js';

/** How often values fall into each bin: heights are counts, from zero, over bins of their true width. */
export function histogram(chart: HistogramChart, size: Size): SafeMarkup {
  const frame = frameOf(size, 16);
  const edges = chart.bins.flatMap((bin) => [bin.from, bin.to]);
  const ends = [...edges, ...(chart.threshold === null ? [] : [chart.threshold.x])];
  const x = linearScale(
    [ends.reduce((a, b) => Math.min(a, b)), ends.reduce((a, b) => Math.max(a, b))],
    [frame.left, frame.right],
  );
  const most = chart.bins.reduce((most, bin) => Math.max(most, bin.count), 0);
  const y = linearScale([0, niceCeiling(most, 4)], [frame.bottom, frame.top]);
  const bars = chart.bins.map((bin) => {
    const left = x(bin.from) + 0.5;
    const width = Math.max(1, x(bin.to) - x(bin.from) - 1);
    return markup`<rect class="column" x="${left}" y="${y(bin.count)}" width="${width}" height="${frame.bottom - y(bin.count)}"/>`;
  });
  const counts = niceTicks(0, y.domain[1], 4).filter(Number.isInteger);
  const countAxis = { label: chart.count, format: 'count', units: 'plain' } as const;
  return picture(frame, chart, [
    verticalAxis(frame, countAxis, y, counts, null),
    horizontalAxis(frame, chart.x, x, thinned(edges, x, 56), chart.lang),
    ...bars,
    chart.threshold === null ? nothing : thresholdLine(chart.threshold, x(chart.threshold.x), frame, chart.lang),
  ]);
}

function thresholdLine(
  threshold: NonNullable<HistogramChart['threshold']>,
  x: number,
  frame: Frame,
  lang: Lang,
): SafeMarkup {
  const atRight = x > (frame.left + frame.right) / 2;
  const label = fitted(threshold.label, atRight ? x - frame.left : frame.right - x, BOLD_SIZE);
  return markup`<line class="bar" x1="${x}" x2="${x}" y1="${frame.top - 8}" y2="${frame.bottom}"/><text class="note bar-label"${langOf(lang)} x="${atRight ? x - 6 : x + 6}" y="${frame.top}" text-anchor="${atRight ? 'end' : 'start'}">${label}</text>`;
}
