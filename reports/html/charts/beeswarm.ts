import { markup, nothing, type SafeMarkup } from '../markup.js';
import type { BeeswarmChart } from '../view/feature-chart-schema.js';
import { horizontalAxis, picture, type Frame, type Size } from './frame.js';
import { widthOf } from './labels.js';
import { laneFrame, laneGrid, laneTicks, type Lane } from './lanes.js';
import { at } from './lines.js';
import { linearScale, niceRange, type Scale } from './scale.js';
import { swarm } from './swarm.js';

const THICKNESS = 44;
/** Dots are as large as lets nearly all of them be drawn; the smallest may leave more out. */
const RADII = { wide: [3, 2.5, 2], narrow: [2.5, 2], small: [2.5, 2] } as const;
/** The share of a lane's dots that may be left out for larger ones. */
const LEFT_OUT = 0.03;
/** Below the axis: what the fill of a dot says. */
const LEGEND_LINE = 20;
const LEGEND_RADIUS = 4;

/** A dot a sample, by its contribution; the fuller a dot, the higher the feature's own value. */
export function beeswarm(chart: BeeswarmChart, size: Size): SafeMarkup {
  const { frame, lanes, texts } = laneFrame(size, chart.features, THICKNESS);
  const x = linearScale(domainOf(chart), [frame.left + 3, frame.right - 3]);
  const ticks = laneTicks(frame, x);
  const { radius, swarms } = placed(chart, x, RADII[size]);
  const dots = chart.features.map((feature, i) => {
    const lane = lanes[i];
    return lane === undefined ? nothing : laneOfDots(feature, swarms[i] ?? [], lane, x, radius);
  });
  return picture({ ...frame, height: frame.height + (chart.words.none === null ? 1 : 2) * LEGEND_LINE }, chart, [
    laneGrid(frame, x, ticks),
    ...dots,
    texts,
    horizontalAxis(frame, chart.x, x, ticks, chart.lang),
    legend(chart, frame),
  ]);
}

type Feature = BeeswarmChart['features'][number];
type Level = Feature['points'][number]['level'];

function domainOf({ features }: BeeswarmChart): readonly [number, number] {
  let [low, high] = [0, 0];
  for (const { points } of features) {
    for (const point of points) [low, high] = [Math.min(low, point.x), Math.max(high, point.x)];
  }
  return niceRange(low, high, 6);
}

function placed({ features }: BeeswarmChart, x: Scale, radii: readonly number[]) {
  let [radius, swarms] = [1, [] as (number | null)[][]];
  for (radius of radii) {
    swarms = features.map(({ points }) =>
      swarm(
        points.map((point) => x(point.x)),
        radius,
        THICKNESS,
      ),
    );
    if (swarms.every((offsets) => offsets.filter((offset) => offset === null).length <= LEFT_OUT * offsets.length))
      break;
  }
  return { radius, swarms };
}

const LEVELS: readonly Level[] = [null, 0, 1, 2, 3, 4];

/** One path a level. */
function laneOfDots(
  { points }: Feature,
  offsets: readonly (number | null)[],
  { middle }: Lane,
  x: Scale,
  radius: number,
): SafeMarkup {
  return markup`${LEVELS.map((level) => {
    const places = points.flatMap((point, i) => {
      const offset = offsets[i] ?? null;
      return point.level !== level || offset === null ? [] : [place(x(point.x), middle + offset, level, radius)];
    });
    return places.length === 0 ? nothing : dots(places.join(''), level, radius);
  })}`;
}

/** A dot is a line of no length with round ends; what has no order is a dash. */
function place(x: number, y: number, level: Level, radius: number): string {
  return level === null ? `M${at(x - radius + 0.4)},${at(y)}h${at(2 * radius - 0.8)}` : `M${at(x)},${at(y)}h.01`;
}

function dots(path: string, level: Level, radius: number): SafeMarkup {
  if (level === null) return markup`<path class="dashes" d="${path}"/>`;
  const name = `v${level}`;
  const rim = markup`<path class="dots rim ${name}" d="${path}" stroke-width="${2 * radius - 0.4}"/>`;
  if (level === 4) return rim;
  return markup`${rim}<path class="dots fill ${name}" d="${path}" stroke-width="${Math.max(0.8, 2 * radius - 2.2)}"/>`;
}

/** The five fills from low to high, and beside or below them the one of values without an order. */
function legend({ words }: BeeswarmChart, frame: Frame): SafeMarkup {
  const scale = [0, 1, 2, 3, 4] as const;
  const shown = scale.map((level) => dots(place(6 + level * 11, 0, level, LEGEND_RADIUS), level, LEGEND_RADIUS));
  const key = (x: number, y: number, marks: SafeMarkup | readonly SafeMarkup[], textAt: number, text: string) =>
    markup`<g transform="translate(${x} ${y})"><g>${marks}</g><text class="tick" x="${textAt}" y="4">${text}</text></g>`;
  const [left, y] = [frame.size === 'wide' ? frame.left : 0, frame.height + LEGEND_LINE / 2];
  const levels = key(left, y, shown, 62, words.value);
  if (words.none === null) return levels;
  const behind = left + 62 + widthOf(words.value, 12) + 16;
  const isBeside = behind + 18 + widthOf(words.none, 12) <= frame.width;
  const none = dots(place(6, 0, null, LEGEND_RADIUS), null, LEGEND_RADIUS);
  return markup`${levels}${key(isBeside ? behind : left, isBeside ? y : y + LEGEND_LINE, none, 18, words.none)}`;
}
