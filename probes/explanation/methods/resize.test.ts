import { resized } from './resize.js';

function resizedValues(shape: readonly number[], values: readonly number[], height: number, width: number): number[] {
  const { shape: found, values: result } = resized({ shape, values: Float64Array.from(values) }, height, width);
  expect(found).toEqual([shape[0], height, width]);
  return [...result];
}

test('the same resolution changes nothing', () => {
  expect(resizedValues([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8], 2, 2)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('twice as wide: a quarter and three quarters between centres, and the outer value beyond them', () => {
  expect(resizedValues([1, 1, 2], [0, 4], 1, 4)).toEqual([0, 1, 3, 4]);
  expect(resizedValues([1, 2, 1], [0, 4], 4, 1)).toEqual([0, 1, 3, 4]);
  // Both ways: the product of the two.
  expect(resizedValues([1, 2, 2], [0, 4, 8, 12], 4, 4)).toEqual([0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12]);
});

test('a plane stays a plane between the outer centres, at a scale that is no whole number', () => {
  const plane = (y: number, x: number) => 3 * y - 2 * x + 1;
  const values = Array.from({ length: 7 * 5 }, (_, i) => plane((Math.floor(i / 5) + 0.5) / 7, ((i % 5) + 0.5) / 5));
  const found = resizedValues([1, 7, 5], values, 16, 12);
  found.forEach((value, i) => {
    const [y, x] = [(Math.floor(i / 12) + 0.5) / 16, ((i % 12) + 0.5) / 12];
    const inside = y >= 0.5 / 7 && y <= 6.5 / 7 && x >= 0.5 / 5 && x <= 4.5 / 5;
    if (inside) expect(Math.abs(value - plane(y, x))).toBeLessThan(1e-14);
  });
});

test('one cell fills everything', () => {
  expect(resizedValues([1, 1, 1], [7], 3, 2)).toEqual([7, 7, 7, 7, 7, 7]);
});
