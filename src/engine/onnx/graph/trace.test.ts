import { rowsWithin, type Trace } from './trace.js';

const trace: Trace = new Map([
  ['x', { type: 'float32', shape: [{ perSample: 1 }, 100] }],
  ['merged', { type: 'float32', shape: [{ perSample: 4 }, 25] }],
  ['mask', { type: 'bool', shape: [{ perSample: 1 }, 200] }],
  ['weight', { type: 'float32', shape: [1000, 1000] }],
]);

test('only what grows with the batch counts, each value in its own width', () => {
  // 400 + 400 + 200 bytes a sample.
  expect(rowsWithin(trace, 10_000)).toBe(10);
  expect(rowsWithin(trace, 10_999)).toBe(10);
});

test('one sample always runs', () => {
  expect(rowsWithin(trace, 1)).toBe(1);
});
