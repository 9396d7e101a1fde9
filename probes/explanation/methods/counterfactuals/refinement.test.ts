import type { TabularDomain } from '#target/domain';
import { linearTarget } from '#target/linear';
import { movesOf } from './moves.js';
import { answerOf, questionOf } from './question.js';
import { refined } from './refinement.js';

const sign = (scores: ArrayLike<number>) => scores[0] ?? NaN;

/** A row of zeros gets -bar; weights are 1 for the first three columns, and next to nothing for the others. */
function questionWith(columns: number, bar: number, relations: TabularDomain['relations'] = []) {
  const weights = Array.from({ length: columns }, (_, i) => (i < 3 ? 1 : 0.001));
  const target = linearTarget([weights], [-bar], { head: { kind: 'binary' }, shape: [columns] });
  const domain: TabularDomain = { kind: 'tabular', shape: [columns], range: [0, 1], mean: [0], std: [1], relations };
  const background = {
    shape: [11, columns],
    data: Float32Array.from({ length: 11 * columns }, (_, i) => Math.floor(i / columns) / 10),
  };
  const question = questionOf(target, domain, (scores) => -sign(scores), new Float32Array(columns), background);
  return { question, moves: movesOf(question, false), far: answerOf(question, new Float32Array(columns).fill(1)) };
}

test.each([6, 40])(
  'of %d changes those two stay that are needed, as small as seen values let them be',
  async (columns) => {
    const { question, moves, far } = questionWith(columns, 1.55);
    expect(far.changed).toHaveLength(columns);
    const { row, changed } = await refined(question, far, moves);
    expect(changed).toHaveLength(2);
    expect(changed.every(({ name }) => ['position 0', 'position 1', 'position 2'].includes(name))).toBe(true);
    // The least sum of two tenths above 1.55.
    expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1.6, 6);
  },
);

test('what a relation ties together is taken back together', async () => {
  const tied = [3, 4].map((position, i) => ({ position, weight: i === 0 ? 1 : -1 }));
  const { question, moves, far } = questionWith(40, 1.55, [{ text: 'tied', terms: tied, kind: 'equal', bound: 0 }]);
  expect((await refined(question, far, moves)).changed).toHaveLength(2);
});
