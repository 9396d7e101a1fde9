import { pValue, counted, grouped, percent } from './format.js';

test.each([
  [0, '0.0 %'],
  [0.0004, '< 0.1 %'],
  [0.041, '4.1 %'],
  [0.9996, '> 99.9 %'],
  [1, '100.0 %'],
])('percent(%p)', (rate, shown) => {
  expect(percent(rate)).toBe(shown);
});

test('counts are grouped by thousands and agree with their noun', () => {
  expect(grouped(30162)).toBe('30,162');
  expect(counted(1, 'record')).toBe('1 record');
  expect(counted(0, 'record')).toBe('0 records');
  expect(counted(1200, 'class', 'classes')).toBe('1,200 classes');
});

test.each([
  [0.0001, 'p < .001'],
  [0.001, 'p = .001'],
  [0.0234, 'p = .023'],
  [0.9996, 'p > .999'],
  [1, 'p = 1.000'],
  [NaN, 'p ?'],
])('the p-value %p is %s', (p, words) => {
  expect(pValue(p)).toBe(words);
});
