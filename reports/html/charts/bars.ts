import { markup, nothing, type SafeMarkup } from '../markup.js';
import type { BarsChart } from '../view/feature-chart-schema.js';
import { horizontalAxis, langOf, picture, type Frame, type Size } from './frame.js';
import { BOLD_SIZE, fitted } from './labels.js';
import { errorBar, hatchPattern, laneFrame, laneGrid, laneTicks, type Lane } from './lanes.js';
import { linearScale, niceRange, type Scale } from './scale.js';

const THICKNESS = 14;
/** Above the lanes, where what the bars are read against is named. */
const REFERENCE_ROOM = 20;

/** One bar a feature, from nothing, with the interval of its end. */
export function bars(chart: BarsChart, size: Size): SafeMarkup {
  const { frame, lanes, texts } = laneFrame(size, chart.rows, THICKNESS, chart.reference === null ? 0 : REFERENCE_ROOM);
  const x = linearScale(domainOf(chart), [frame.left, frame.right]);
  const ticks = laneTicks(frame, x);
  const pattern = `${chart.id}-${size}-loss`;
  const drawn = chart.rows.map((row, i) => {
    const lane = lanes[i];
    return lane === undefined ? nothing : bar(row, lane, x, pattern);
  });
  return picture(frame, chart, [
    hatchPattern(pattern),
    laneGrid(frame, x, ticks),
    ...drawn,
    referenceLine(chart, frame, x),
    texts,
    horizontalAxis(frame, chart.x, x, ticks, chart.lang),
  ]);
}

function domainOf({ rows, reference }: BarsChart): readonly [number, number] {
  let [low, high] = [Math.min(0, reference?.x ?? 0), Math.max(0, reference?.x ?? 0)];
  for (const { at, interval } of rows) {
    low = Math.min(low, at, interval?.low ?? at);
    high = Math.max(high, at, interval?.high ?? at);
  }
  return niceRange(low, high, 6);
}

function bar({ at, interval }: BarsChart['rows'][number], lane: Lane, x: Scale, pattern: string): SafeMarkup {
  const [from, to] = at < 0 ? [x(at), x(0)] : [x(0), x(at)];
  const place = markup`x="${from}" y="${lane.top}" width="${to - from}" height="${lane.bottom - lane.top}"`;
  const drawn =
    at < 0 ? markup`<rect class="loss" ${place} fill="url(#${pattern})"/>` : markup`<rect class="gain" ${place}/>`;
  return interval === null ? drawn : markup`${drawn}${errorBar(interval, x, lane.middle)}`;
}

function referenceLine({ reference, lang }: BarsChart, frame: Frame, x: Scale): SafeMarkup {
  if (reference === null) return nothing;
  const at = x(reference.x);
  const atRight = at > (frame.left + frame.right) / 2;
  const label = fitted(reference.label, atRight ? at : frame.width - at, BOLD_SIZE);
  return markup`<line class="bar reference-bar" x1="${at}" x2="${at}" y1="${frame.top - 6}" y2="${frame.bottom}"/><text class="note bar-label"${langOf(lang)} x="${at}" y="${frame.top - 10}" text-anchor="${atRight ? 'end' : 'start'}">${label}</text>`;
}
