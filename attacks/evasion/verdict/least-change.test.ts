import { bitAt, epsilonColumns, type EvasionData } from '../evidence/data.js';
import { leastChangePoints, leastChangeTable } from './least-change.js';

/** Wrong where the distance is 0; broken at an epsilon where the distance is within it. */
function evidence(distances: readonly (number | null)[], epsilons: readonly number[]): EvasionData {
  const bits = (holds: (distance: number | null) => boolean) =>
    distances.map((each) => (holds(each) ? '1' : '0')).join('');
  return {
    ...{
      attack: 'FMN',
      uses: 'gradients',
      norm: 'L2',
      domain: 'image',
      head: 'classes',
      tolerance: null,
      range: [0, 1],
    },
    ...{ n: distances.length, indices: distances.map((_, i) => i), cleanMargins: distances.map(() => 1) },
    cleanCorrect: bits((distance) => distance !== 0),
    finite: bits(() => true),
    distances,
    epsilons: epsilons.map((epsilon) => ({
      ...epsilonColumns(epsilon, [], []),
      broken: bits((distance) => distance !== null && distance > 0 && distance <= epsilon),
    })),
    queries: { attackPredictions: 0, attackGradients: 0, checkPredictions: 0, noisePredictions: 0 },
  };
}

test('the curve falls where samples do, and has the epsilons that were asked for', () => {
  const distances = [0, 0.1, 0.2, 0.2, 0.4];
  const points = leastChangePoints(evidence(distances, [0, 0.3, 0.9]), distances);
  expect(points.map(({ x, y }) => [x, y])).toEqual([
    [0, 0.8],
    [0.1, 0.6],
    [0.2, 0.2],
    [0.3, 0.2],
    [0.4, 0],
    [0.9, 0],
  ]);
  expect(points.every(({ y, low = NaN, high = NaN }) => low <= y && y <= high)).toBe(true);
});

test('it ends at the largest distance, above zero where nothing was found for some', () => {
  const distances = [0.5, null, 0.25, 0];
  const points = leastChangePoints(evidence(distances, [0.3]), distances);
  expect(points.at(-1)).toMatchObject({ x: 0.5, y: 0.25 });
});

test('many samples are thinned to 120 points at quantiles, the asked epsilons exact among them', () => {
  const distances = Array.from({ length: 1000 }, (_, i) => (i + 1) / 1000);
  const data = evidence(distances, [0.12345, 0.5]);
  const points = leastChangePoints(data, distances);
  expect(points.length).toBeLessThanOrEqual(120);
  expect(points.length).toBeGreaterThan(115);
  expect(points.at(-1)).toMatchObject({ x: 1, y: 0 });
  for (const { x, y } of points) expect(y).toBeCloseTo(distances.filter((distance) => distance > x).length / 1000, 12);
  expect(points.find(({ x }) => x === 0.12345)?.y).toBe(0.877);
});

test('at an asked epsilon the curve says what was checked there, by whatever broke it', () => {
  const distances = [0.30000001, 0.5];
  const [first] = evidence(distances, [0.3]).epsilons;
  if (first === undefined) throw new Error('no epsilon');
  const data = { ...evidence(distances, [0.3]), epsilons: [{ ...first, broken: '10' }] };
  expect(bitAt(data.epsilons[0]?.broken ?? '', 0)).toBe(true);
  expect(leastChangePoints(data, distances).find(({ x }) => x === 0.3)?.y).toBe(0.5);
});

test('quartiles are over the samples that are right when clean, those without a change farthest', () => {
  const distances = [0, 0, 0.1, 0.2, 0.3, null, null];
  expect(leastChangeTable(evidence(distances, [1]), distances).rows).toEqual([[0.2, 0.3, null, 5, 3, 2]]);
  expect(leastChangeTable(evidence([0], [1]), [0]).rows).toEqual([[null, null, null, 0, 0, 0]]);
});
