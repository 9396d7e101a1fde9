import { plainJson } from './plain-json.js';

test('copies what JSON can hold, as it will be read back', () => {
  const value = { a: [1, -0, 'x', null, true], b: { c: undefined, d: {} } };
  const copy = plainJson(value, 'data');
  expect(copy).toEqual({ a: [1, 0, 'x', null, true], b: { d: {} } });
  expect(JSON.parse(JSON.stringify(copy))).toEqual(copy);
  expect(copy).not.toBe(value);
});

test.each([
  ['NaN', { rates: [0, 1, 2, NaN] }, '`data.rates[3]` is NaN'],
  ['infinity', { deep: [{ x: -Infinity }] }, '`data.deep[0].x` is -Infinity'],
  ['an array of numbers', { x: new Float32Array(2) }, '`data.x` is a Float32Array'],
  ['a map', { x: new Map() }, '`data.x` is a Map'],
  ['nothing in a list', { x: [undefined] }, '`data.x[0]` is of type undefined'],
  ['a hole in a list', { x: new Array(1) }, '`data.x[0]` is of type undefined'],
  ['a big integer', { x: 1n }, '`data.x` is of type bigint'],
])('refuses %s and names the place', (_name, value, message) => {
  expect(() => plainJson(value, 'data')).toThrow(message);
});
