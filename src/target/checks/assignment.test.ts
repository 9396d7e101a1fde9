import { rng } from '#stats/random';
import { bestAssignment } from './assignment.js';
import { agreementByChance } from './chance.js';

function permutations<T>(items: readonly T[]): T[][] {
  return items.length === 0
    ? [[]]
    : items.flatMap((item, i) => permutations(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]));
}

const sumOf = (gains: readonly number[][], columns: readonly number[]): number =>
  columns.reduce((sum, column, row) => sum + (gains[row]?.[column] ?? NaN), 0);

test('the best assignment of 300 random matrices is the best of all permutations', () => {
  const source = rng('assignment');
  for (let round = 0; round < 300; round++) {
    const size = 1 + (round % 6);
    const gains = Array.from({ length: size }, () => Array.from({ length: size }, () => source.integer(9) - 4));
    const found = bestAssignment(size, (row, column) => gains[row]?.[column] ?? NaN);
    const best = Math.max(...permutations([...Array(size).keys()]).map((columns) => sumOf(gains, columns)));
    expect([...found].sort()).toEqual([...Array(size).keys()].sort());
    expect(sumOf(gains, found)).toBe(best);
  }
});

test('a permuted identity of 300 is undone', () => {
  const order = [...Array(300).keys()].map((i) => (i * 7) % 300);
  expect(bestAssignment(300, (row, column) => (order[row] === column ? 1 : 0))).toEqual(order);
});

test.each([
  ['aabbccc', 'abbbcca'],
  ['aaaaaaa', 'abbbcca'],
  ['abcdefg', 'abcdefg'],
  ['aabx', 'abab'],
])('agreement by chance of %s and %s is that of all orders', (answers, truths) => {
  const counts = permutations(Array.from(answers)).map(
    (order) => order.filter((answer, i) => answer === truths[i]).length,
  );
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
  const chance = agreementByChance(Array.from(answers), Array.from(truths));
  expect(chance.mean).toBeCloseTo(mean, 12);
  expect(chance.deviation).toBeCloseTo(Math.sqrt(variance), 12);
});
