import type { CurveDetail, TableDetail } from '#report/details';
import { bitAt, countBits, type Column, type EpsilonData, type EvasionData } from '../evidence/data.js';
import { rateOf, robustBits } from './judge.js';

type Point = CurveDetail['series'][number]['points'][number];

/** As many points as a picture has room for. */
const MOST_POINTS = 120;

/**
 * The security curve of an attack that looked for the least change of each sample: the share of samples that are right when
 * clean and whose least change is larger than epsilon. It has a point where samples fall, at quantiles where they are many,
 * and at each epsilon that was asked for, with what was checked there.
 *
 * @param distances of all samples: 0 where wrong when clean, null where nothing was found
 * @returns ascending from 0 to where the curve ends
 */
export function leastChangePoints(data: EvasionData, distances: Column): Point[] {
  const asked = data.epsilons.filter(({ epsilon }) => epsilon > 0);
  const found = foundAmongRight(data, distances);
  const between = quantiles(found, Math.max(MOST_POINTS - 1 - asked.length, 0));
  const exact = new Map<number, EpsilonData>(asked.map((each) => [each.epsilon, each]));
  const xs = [...new Set([...between, ...exact.keys()])].sort((a, b) => a - b);
  return [0, ...xs].map((x) => {
    const at = exact.get(x);
    const bits =
      at === undefined
        ? Array.from(data.cleanCorrect, (bit, i) =>
            bit === '1' && !((distances[i] ?? Infinity) <= x) ? '1' : '0',
          ).join('')
        : robustBits(data, at);
    const { value, interval } = rateOf(bits, '', '');
    return { x, y: value, low: interval.low, high: interval.high };
  });
}

/** Quartiles of the least change among the samples that are right when clean; those without one count as infinitely far. */
export function leastChangeTable(data: EvasionData, distances: Column): TableDetail {
  const found = foundAmongRight(data, distances);
  const right = countBits(data.cleanCorrect);
  // Beyond what was found the list has no entry.
  const quantile = (share: number): number | null => found[Math.floor(share * (right - 1))] ?? null;
  return {
    kind: 'table',
    title: 'Least change found',
    columns: [
      { label: 'Lower quartile', unit: data.norm, format: 'number' },
      { label: 'Median', unit: data.norm, format: 'number' },
      { label: 'Upper quartile', unit: data.norm, format: 'number' },
      { label: 'Right without an adversary', format: 'count' },
      { label: 'Of them with a change found', format: 'count' },
      { label: 'With none', format: 'count' },
    ],
    rows: [[quantile(0.25), quantile(0.5), quantile(0.75), right, found.length, right - found.length]],
    note: 'Over all samples that are right without an adversary; one for which nothing was found is farther than all others.',
  };
}

/** Ascending. */
function foundAmongRight({ cleanCorrect }: EvasionData, distances: Column): number[] {
  return distances
    .flatMap((distance, i) => (distance !== null && bitAt(cleanCorrect, i) ? [distance] : []))
    .sort((a, b) => a - b);
}

/** At most `count` of some ascending values, evenly by rank, the last one included. */
function quantiles(values: readonly number[], count: number): number[] {
  const distinct = [...new Set(values)];
  if (distinct.length <= count) return distinct;
  return Array.from({ length: count }, (_, k) => values[Math.ceil(((k + 1) * values.length) / count) - 1] ?? NaN);
}
