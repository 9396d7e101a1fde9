import fc from 'fast-check';
import { check } from '#config/validate';
import { Detail } from '#report/details';
import { frontierDetails, paretoFrontier, type Candidate } from './frontier.js';

const candidate = (name: string, loss: number, highestRisk: number, accuracy: number | null = null): Candidate => ({
  ...{ name, loss, highestRisk, accuracy },
  k: Math.round(1 / highestRisk),
});
const TABLES = [candidate('a', 0.1, 0.5), candidate('b', 0.3, 0.2), candidate('c', 0.4, 0.2), candidate('d', 0.6, 0.1)];

test('marks those that no other is better than, and takes the least loss within the risk', () => {
  const found = paretoFrontier(TABLES, 0.2);
  expect(found.candidates.map(({ isOnFrontier }) => isOnFrontier)).toEqual([true, true, false, true]);
  expect(found.chosen).toBe(1);
  expect(found.because).toBe(
    'b is chosen: of the tables with a highest risk of at most 20.0 % it has the least loss (30.0 %).',
  );
  expect(paretoFrontier(TABLES, 0.05)).toMatchObject({
    chosen: null,
    because: 'No table has a highest risk of at most 5.0 %.',
  });
});

test('accuracy counts where it is known of all', () => {
  const accurate = [candidate('b', 0.3, 0.2, 0.7), candidate('c', 0.4, 0.2, 0.8)];
  expect(paretoFrontier(accurate, 0.2)).toMatchObject({
    chosen: 1,
    candidates: [{ isOnFrontier: true }, { isOnFrontier: true }],
  });
  expect(paretoFrontier([...accurate, candidate('e', 0.2, 0.2)], 0.2).chosen).toBe(2);
});

test('the details are what reporters read', () => {
  const details = frontierDetails(paretoFrontier(TABLES, 0.2));
  for (const detail of details) check(Detail, detail, { code: 'plugin', file: 'frontier', path: [] });
  expect(details[0]).toMatchObject({
    series: [{ points: [{ x: 0.1 }, { x: 0.3 }, { x: 0.6 }] }, { points: [{ x: 0.3, y: 0.2 }] }],
  });
  const table = details[1];
  expect(table?.kind === 'table' ? table.rows.map((row) => row[0]) : []).toEqual(['a', 'b', 'c', 'd']);
  const labelsOf = (detail = table) => (detail?.kind === 'table' ? detail.columns.map(({ label }) => label) : []);
  expect(labelsOf()).not.toContain('Accuracy');
  const measured = frontierDetails(paretoFrontier([...TABLES, candidate('e', 0.05, 1, 0.8)], 0.2), 'By a tree.')[1];
  expect(labelsOf(measured)).toContain('Accuracy');
  expect(measured?.kind === 'table' ? [measured.rows[4], measured.note] : []).toMatchObject([
    ['e', 1, 0.05, 1, 0.8, 'on the frontier'],
    expect.stringContaining('By a tree.'),
  ]);
  expect(frontierDetails(paretoFrontier([], 0.2))).toEqual([]);
});

test('every other candidate is beaten by one on the frontier, on random ones', () => {
  const share = fc.integer({ min: 0, max: 5 }).map((x) => x / 5);
  fc.assert(
    fc.property(fc.array(fc.tuple(share, share, share), { maxLength: 12 }), (triples) => {
      const all = triples.map(([loss, risk, accuracy], i): Candidate => ({
        ...{ name: `${i}`, k: 1, loss, accuracy },
        highestRisk: risk,
      }));
      const { candidates } = paretoFrontier(all, 1);
      const beats = (a: Candidate, b: Candidate) =>
        a.loss <= b.loss &&
        a.highestRisk <= b.highestRisk &&
        a.accuracy! >= b.accuracy! &&
        (a.loss !== b.loss || a.highestRisk !== b.highestRisk || a.accuracy !== b.accuracy);
      const front = candidates.filter(({ isOnFrontier }) => isOnFrontier);
      for (const each of candidates) expect(front.some((other) => beats(other, each))).toBe(!each.isOnFrontier);
    }),
    { numRuns: 300, seed: 5 },
  );
});
