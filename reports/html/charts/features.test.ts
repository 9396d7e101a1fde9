import { explanationReport, creditBeeswarm, creditWaterfall, importanceBars } from '../../testing/explanations.js';
import { contextOf } from '../view/context.js';
import { barsFigure } from '../view/bars.js';
import { beeswarmFigure } from '../view/beeswarm.js';
import { evenly } from '../view/lanes.js';
import { stepsOf, waterfallFigure } from '../view/waterfall.js';
import { laneFrame } from './lanes.js';
import { niceRange } from './scale.js';
import { swarm } from './swarm.js';
import { bars } from './bars.js';
import { waterfall } from './waterfall.js';
import { everyNth } from '../../../test/tier.js';

const { report, readFile } = explanationReport();
const context = () => contextOf(report, 'en', readFile);

describe('waterfall', () => {
  const detail = creditWaterfall();
  const sorted = [...detail.rows].sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  const steps = stepsOf(sorted, detail, context());

  test('begins at the base value, goes on where the last bar ended, and ends exactly at the prediction', () => {
    expect(steps[0]?.from).toBe(detail.baseValue);
    steps.slice(1).forEach((step, i) => expect(step.from).toBe(steps[i]?.to));
    expect(steps[steps.length - 1]?.to).toBe(detail.prediction);
  });

  test('adds up weak features in one bar, and says what no feature explains', () => {
    expect(steps.map(({ kind }) => kind)).toEqual([...Array<string>(11).fill('feature'), 'rest', 'residual']);
    const [rest, residual] = [steps[11], steps[12]];
    expect(rest?.name).toBe('5 other features');
    const sum = sorted.slice(11).reduce((total, { contribution }) => total + contribution, 0);
    expect(Math.abs((rest?.to ?? NaN) - (rest?.from ?? NaN) - sum)).toBeLessThan(1e-12);
    // What `creditWaterfall` adds to the sum of its contributions.
    expect(Math.abs((residual?.to ?? NaN) - (residual?.from ?? NaN) - 0.02)).toBeLessThan(1e-12);
  });

  test('of contributions that add up but for rounding has no bar for it', () => {
    const sum = detail.rows.reduce((total, { contribution }) => total + contribution, 0);
    const exact = { ...detail, prediction: detail.baseValue + sum + 1e-8 };
    const last = stepsOf(sorted, exact, context()).at(-1);
    expect([last?.kind, last?.to]).toEqual(['rest', exact.prediction]);
  });

  test('tells falls from rises without colour: they are hatched', () => {
    const figure = waterfallFigure(detail, context());
    if (figure.kind !== 'waterfall') throw new Error('no waterfall was drawn');
    const drawing = waterfall(figure.chart, 'wide').toString();
    const falls = figure.chart.steps.filter(({ kind, from, to }) => kind !== 'residual' && to < from).length;
    expect(falls).toBeGreaterThan(0);
    expect(drawing.match(/class="loss"[^>]* fill="url\(#figure-1-wide-loss\)"/g)).toHaveLength(falls);
    expect(drawing.match(/class="gain"/g)).toHaveLength(12 - falls);
    expect(drawing).toContain('<pattern id="figure-1-wide-loss"');
  });
});

describe('swarm', () => {
  // Crowded in the middle, and alone at the ends.
  const xs = Array.from({ length: 300 }, (_, i) => 150 + 140 * Math.sin(i) ** 3).sort((a, b) => a - b);

  test.each(everyNth(3, [1.5, 2, 3]))('dots of radius %d stay in their lane and cover no other', (radius) => {
    const offsets = swarm(xs, radius, 44);
    const placed = xs.flatMap((x, i) => {
      const y = offsets[i] ?? null;
      return y === null ? [] : [{ x, y }];
    });
    expect(placed.length).toBeGreaterThan(100);
    placed.forEach((dot, i) => {
      expect(Math.abs(dot.y) + radius).toBeLessThanOrEqual(22);
      for (const other of placed.slice(i + 1)) {
        expect(Math.hypot(dot.x - other.x, dot.y - other.y)).toBeGreaterThanOrEqual(2 * radius - 1e-9);
      }
    });
  });

  test('a dot that has room stays in the middle, and a full lane leaves out what has none', () => {
    expect(swarm([0, 10, 20], 3, 44)).toEqual([0, 0, 0]);
    // Seven rows of six pixels fit into 44.
    expect(swarm(Array<number>(9).fill(5), 3, 44)).toEqual([0, -6, 6, -12, 12, -18, 18, null, null]);
  });

  test('is the same every time', () => {
    expect(swarm(xs, 2, 44)).toEqual(swarm(xs, 2, 44));
  });

  test('features come by their mean size, with at most 120 dots each, the ends among them', () => {
    const detail = creditBeeswarm(undefined, 500);
    const figure = beeswarmFigure({ ...detail, features: [...detail.features].reverse() }, context());
    if (figure.kind !== 'beeswarm') throw new Error('no swarm was drawn');
    expect(figure.chart.features.map(({ name }) => name)).toEqual(detail.features.map(({ name }) => name));
    const [first] = figure.chart.features;
    const contributions = detail.features[0]?.points.map(({ contribution }) => contribution) ?? [];
    expect(first?.points).toHaveLength(120);
    expect([first?.points[0]?.x, first?.points.at(-1)?.x]).toEqual([
      Math.min(...contributions),
      Math.max(...contributions),
    ]);
  });
});

describe('bars', () => {
  test('begin at nothing and are as long as their values', () => {
    const figure = barsFigure(importanceBars(), context());
    if (figure.kind !== 'bars') throw new Error('no bars were drawn');
    const drawing = bars(figure.chart, 'wide').toString();
    const widths = [...drawing.matchAll(/class="(?:gain|loss)" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)].map(
      ([, , width]) => Number(width),
    );
    const { rows } = figure.chart;
    const scale = (widths[0] ?? 0) / (rows[0]?.at ?? 1);
    // Coordinates are written in tenths of a pixel, and the scale is read off one of them.
    widths.forEach((width, i) => expect(Math.abs(width - scale * Math.abs(rows[i]?.at ?? 0))).toBeLessThan(0.2));
    expect(widths).toHaveLength(rows.length);
  });
});

describe('lanes', () => {
  const text = (name: string) => ({ name, lang: null, value: 'a value', number: '+1.5' });

  test.each(['wide', 'narrow'] as const)('%s: lie one below the other, inside their frame', (size) => {
    const { frame, lanes } = laneFrame(
      size,
      [text('short'), text('a long name '.repeat(40)), text('W'.repeat(500))],
      16,
    );
    lanes.slice(1).forEach((lane, i) => expect(lane.top).toBeGreaterThan(lanes[i]?.bottom ?? Infinity));
    for (const { top, middle, bottom } of lanes) {
      expect([top >= frame.top, bottom <= frame.bottom, bottom - top, middle - top]).toEqual([true, true, 16, 8]);
    }
  });
});

test.each([
  [0.03, 0.97, [0, 1]],
  [-3, 41, [-10, 50]],
  [5, 5, [2, 8]],
  [0, 0, [-1, 1]],
])('the nice range around %d and %d', (low, high, range) => {
  expect(niceRange(low, high, 5)).toEqual(range);
});

test('what is drawn of many is spread evenly by rank, with the first and the last', () => {
  const all = Array.from({ length: 1000 }, (_, i) => i);
  const shown = evenly(all, 120);
  expect([shown.length, shown[0], shown.at(-1)]).toEqual([120, 0, 999]);
  const gaps = shown.slice(1).map((item, i) => item - (shown[i] ?? 0));
  expect([Math.min(...gaps), Math.max(...gaps)]).toEqual([8, 9]);
  expect(evenly([1, 2], 120)).toEqual([1, 2]);
});
