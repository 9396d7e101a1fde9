import { chooseExamples } from './choose.js';

const example = (sample: number, value: number) => ({ sample, norm: { kind: 'L2', value } });
/** Sample i has a change of size (i * 7) % 20: all different, in no order. */
const EXAMPLES = Array.from({ length: 20 }, (_, i) => example(i, (i * 7) % 20));
const sizesBy = (rule: RegExp, key = 'seed') =>
  chooseExamples(EXAMPLES, key)
    .filter(({ why }) => rule.test(why))
    .map(({ index }) => EXAMPLES[index]?.norm.value ?? NaN);

test('shows the three smallest, three around the median and three drawn by seed', () => {
  expect(sizesBy(/smallest/)).toEqual([0, 1, 2]);
  expect(sizesBy(/median/)).toEqual([8, 9, 10]);
  expect(sizesBy(/drawn/)).toHaveLength(3);
  expect(new Set(sizesBy(/./)).size).toBe(9);
});

test('the draw depends on the seed and on nothing else', () => {
  expect(sizesBy(/drawn/)).toEqual(sizesBy(/drawn/));
  const draws = new Set(Array.from({ length: 20 }, (_, seed) => sizesBy(/drawn/, String(seed)).join()));
  expect(draws.size).toBeGreaterThan(10);
  const reversed = [...EXAMPLES].reverse();
  const sizes = chooseExamples(reversed, 'seed').map(({ index }) => reversed[index]?.norm.value);
  expect(sizes).toEqual(sizesBy(/./));
});

test('a sample is shown once, by its smallest change', () => {
  const chosen = chooseExamples([example(4, 0.3), example(4, 0.1), example(4, 0.2)], 'seed');
  expect(chosen).toEqual([{ index: 1, why: expect.any(String) as string }]);
});

test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
  'of %i examples none is shown twice and none is left out needlessly',
  (n) => {
    const chosen = chooseExamples(EXAMPLES.slice(0, n), 'seed').map(({ index }) => index);
    expect(new Set(chosen).size).toBe(chosen.length);
    expect(chosen).toHaveLength(Math.min(n, 9));
  },
);
