import { markup, nothing, type SafeMarkup } from '../markup.js';
import type { WaterfallChart } from '../view/feature-chart-schema.js';
import { horizontalAxis, picture, type Frame, type Size } from './frame.js';
import { errorBar, hatchPattern, laneFrame, laneGrid, laneTicks, type Lane } from './lanes.js';
import { at } from './lines.js';
import { linearScale, niceRange, type Scale } from './scale.js';

const THICKNESS = 16;
/** How far a bar runs to a point, which tells its direction. */
const POINT = 5;

/** From the base value to the prediction: each bar begins where the one above it ends. */
export function waterfall(chart: WaterfallChart, size: Size): SafeMarkup {
  const { base, steps, prediction } = chart;
  const { frame, lanes, texts } = laneFrame(size, [base, ...steps, prediction], THICKNESS);
  const x = linearScale(domainOf(chart), [frame.left, frame.right]);
  const pattern = `${chart.id}-${size}-loss`;
  const bars = steps.map((step, i) => {
    const lane = lanes[i + 1];
    return lane === undefined ? nothing : markup`${bar(step, lane, x, pattern)}${stepError(step, lane, x)}`;
  });
  const [first, last] = [lanes[0], lanes[lanes.length - 1]];
  const ticks = laneTicks(frame, x);
  return picture(frame, chart, [
    hatchPattern(pattern),
    laneGrid(frame, x, ticks),
    guide(base.at, frame, x),
    guide(prediction.at, frame, x),
    connectors(chart, lanes, x),
    ...bars,
    first === undefined ? nothing : markup`<path class="milestone hollow" d="${diamond(x(base.at), first.middle)}"/>`,
    last === undefined ? nothing : markup`<path class="milestone" d="${diamond(x(prediction.at), last.middle)}"/>`,
    texts,
    horizontalAxis(frame, chart.x, x, ticks, chart.lang),
  ]);
}

function domainOf({ base, steps, prediction }: WaterfallChart): readonly [number, number] {
  let [low, high] = [Math.min(base.at, prediction.at), Math.max(base.at, prediction.at)];
  for (const { from, to, interval } of steps) {
    low = Math.min(low, from, to, interval?.low ?? to);
    high = Math.max(high, from, to, interval?.high ?? to);
  }
  return niceRange(low, high, 6);
}

type Step = WaterfallChart['steps'][number];

/** Rises are solid and falls hatched; each points where it goes. What belongs to no feature is an outline. */
function bar({ from, to, kind }: Step, { top, middle, bottom }: Lane, x: Scale, pattern: string): SafeMarkup {
  const [start, end] = [x(from), x(to)];
  const back = end > start ? -1 : 1;
  const shoulder = Math.abs(end - start) <= POINT ? start : end + back * POINT;
  const path = `M${at(start)},${at(top)}H${at(shoulder)}L${at(end)},${at(middle)}L${at(shoulder)},${at(bottom)}H${at(start)}z`;
  if (kind === 'residual') return markup`<path class="residual" d="${path}"/>`;
  return to < from
    ? markup`<path class="loss" d="${path}" fill="url(#${pattern})"/>`
    : markup`<path class="gain" d="${path}"/>`;
}

function stepError({ interval }: Step, { middle }: Lane, x: Scale): SafeMarkup {
  return interval === null ? nothing : errorBar(interval, x, middle);
}

/** From the end of each bar down to the next, so that the eye can follow the sum. */
function connectors({ base, steps }: WaterfallChart, lanes: readonly Lane[], x: Scale): SafeMarkup {
  const ends = [base.at, ...steps.map(({ to }) => to)];
  const path = ends
    .map((end, i) => `M${at(x(end))},${at(lanes[i]?.middle ?? 0)}V${at(lanes[i + 1]?.middle ?? 0)}`)
    .join('');
  return markup`<path class="connector" d="${path}"/>`;
}

function guide(value: number, { top, bottom }: Frame, x: Scale): SafeMarkup {
  return markup`<line class="bar-guide" x1="${x(value)}" x2="${x(value)}" y1="${top}" y2="${bottom}"/>`;
}

function diamond(x: number, y: number): string {
  return `M${at(x)},${at(y - 6)}l6,6l-6,6l-6,-6z`;
}
