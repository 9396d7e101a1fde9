import type { Pictures, Verdict } from '#plugin/plugin';
import type { CurveDetail, Detail, TableDetail } from '#report/details';
import { BASELINE_DRAWS } from '../evidence/baseline.js';
import { countBits, type Bits, type Column, type EpsilonData, type EvasionData } from '../evidence/data.js';
import { rateOf, robustBits } from './judge.js';
import { trustTable } from '../trust/trust.js';
import { memberTable } from './member-table.js';
import { leastChangePoints, leastChangeTable } from './least-change.js';
import { signsOf } from './signs.js';

/** Security curve, gallery, and the numbers behind both. */
export function evasionDetails(data: EvasionData, verdict: Verdict, pictures: Pictures): Detail[] {
  if (data.n === 0) return [];
  return [
    curveOf(data, verdict),
    ...galleryOf(data, pictures),
    epsilonTable(data),
    ...memberTable(data),
    ...leastChange(data),
    ...trustTable(data),
    queryTable(data),
  ];
}

type Point = CurveDetail['series'][number]['points'][number];

function curveOf(data: EvasionData, verdict: Verdict): CurveDetail {
  const clean = pointAt(0, data.cleanCorrect);
  const noisy = positive(data).flatMap(({ epsilon, rightUnderNoise }) =>
    rightUnderNoise === null ? [] : [pointAt(epsilon, rightUnderNoise)],
  );
  const threshold = thresholdOf(data, verdict);
  const untrusted = untrustedRanges(data);
  return {
    kind: 'curve',
    title: 'Security curve',
    description:
      `Share of samples that are right and stay right under ${data.attack}, by ${data.norm} epsilon; at epsilon 0, without ` +
      'an adversary.',
    x: { label: 'epsilon', format: 'epsilon' },
    y: { label: 'robust accuracy', format: 'rate' },
    series: [
      {
        name: data.attack,
        role: 'measured',
        points:
          data.distances === undefined
            ? [clean, ...positive(data).map((each) => pointAt(each.epsilon, robustBits(data, each)))]
            : leastChangePoints(data, data.distances),
      },
      ...(noisy.length === 0
        ? []
        : [{ name: 'one random draw', role: 'reference' as const, points: [clean, ...noisy] }]),
    ],
    ...(threshold === null ? {} : { threshold }),
    ...(untrusted.length === 0 ? {} : { untrusted }),
  };
}

function positive({ epsilons }: EvasionData): readonly EpsilonData[] {
  return epsilons.filter(({ epsilon }) => epsilon > 0);
}

function pointAt(x: number, bits: Bits): Point {
  const { value, interval } = rateOf(bits, '', '');
  return { x, y: value, low: interval.low, high: interval.high };
}

function thresholdOf(data: EvasionData, { measures }: Verdict): NonNullable<CurveDetail['threshold']> | null {
  const held = measures.find(({ threshold }) => threshold !== null);
  if (held?.threshold === undefined || held.threshold === null) return null;
  // The measures are the held one, clean accuracy, and those of the other epsilons.
  const others = new Set(measures.map(({ id }) => id));
  const at = data.epsilons.find(({ epsilon }) => !others.has(`robust-accuracy-${epsilon}`));
  const { value, setBy } = held.threshold;
  return { ...(at === undefined ? {} : { x: at.epsilon }), y: value, label: `asked for (${setBy})` };
}

/** From the epsilon before up to each at which a sign says that the attack failed. */
function untrustedRanges(data: EvasionData): NonNullable<CurveDetail['untrusted']> {
  return positive(data).flatMap((each, i, all) => {
    const because = signsOf(data, each).flatMap(({ holds, sentence }) => (holds ? [] : [sentence]));
    if (because.length === 0) return [];
    return [{ from: all[i - 1]?.epsilon ?? 0, to: each.epsilon, because: because.join(' ') }];
  });
}

function galleryOf({ attack }: EvasionData, { examples }: Pictures): Detail[] {
  if (examples.length === 0) return [];
  return [
    {
      kind: 'image-pairs',
      title: `What ${attack} found`,
      chosen:
        'Of the inputs that were kept, each at the smallest epsilon that broke it: the three smallest changes, three at ' +
        'the median, and three drawn by seed.',
      rows: examples.map((example) => ({ ...example })),
    },
  ];
}

function epsilonTable(data: EvasionData): TableDetail {
  return {
    kind: 'table',
    title: 'By epsilon',
    columns: [
      { label: 'Epsilon', format: 'epsilon' },
      { label: 'Stay right', format: 'count' },
      { label: 'Robust accuracy', format: 'rate' },
      { label: 'Low', unit: '95 %', format: 'rate' },
      { label: 'High', unit: '95 %', format: 'rate' },
      { label: 'n', format: 'count' },
      { label: 'Newly broken', format: 'count' },
      { label: 'Of them by noise alone', format: 'count' },
      { label: 'Median change', unit: data.norm, format: 'number' },
      { label: 'Right under one random draw', format: 'rate' },
    ],
    rows: data.epsilons.map((each) => {
      const robust = robustBits(data, each);
      const { value, interval, n } = rateOf(robust, '', '');
      const noisy = each.rightUnderNoise === null ? null : rateOf(each.rightUnderNoise, '', '').value;
      return [
        ...[each.epsilon, countBits(robust), value, interval.low, interval.high, n],
        ...[countBits(each.broken) - countBits(each.carried), countBits(each.brokenByNoise)],
        ...[median(each.norms), noisy],
      ];
    }),
    note:
      'A sample that is wrong without an adversary is robust nowhere; one that is broken at an epsilon counts as broken at ' +
      `every larger one. Survivors were held against ${BASELINE_DRAWS} random draws each.`,
  };
}

function leastChange(data: EvasionData): TableDetail[] {
  return data.distances === undefined ? [] : [leastChangeTable(data, data.distances)];
}

function queryTable({ queries, epsilons, n, uses }: EvasionData): TableDetail {
  const perSample = (columns: readonly Column[]): number | null =>
    median(Array.from({ length: n }, (_, i) => columns.reduce((sum, column) => sum + (column[i] ?? 0), 0)));
  const forward = perSample(epsilons.map((each) => each.queries));
  const backward = perSample(epsilons.map((each) => each.gradientQueries));
  return {
    kind: 'table',
    title: 'Queries',
    columns: [
      { label: 'Rows through the target', format: 'text' },
      { label: 'All', format: 'count' },
      { label: 'Median of a sample', format: 'count' },
    ],
    rows: [
      ['Attack: predictions', queries.attackPredictions, forward],
      ...(uses === 'gradients' ? [['Attack: gradients', queries.attackGradients, backward]] : []),
      ['Checks: predictions', queries.checkPredictions, null],
      ...(uses === 'gradients' ? [['Noise baseline: predictions', queries.noisePredictions, null]] : []),
    ],
    note: 'The median is of the search alone; all rows include the clean inputs.',
  };
}

function median(column: Column): number | null {
  const sorted = column.filter((value) => value !== null).sort((a, b) => a - b);
  const middle = Math.floor((sorted.length - 1) / 2);
  return sorted[middle] ?? null;
}
