import { wordLabel, wordPrediction } from './predictions.js';

const NAMES = ['no', 'yes', 'maybe'];

test('classes: the highest score, by name or number, with its softmax', () => {
  const head = { kind: 'classes', count: 3 } as const;
  expect(wordPrediction(head, NAMES, [0, Math.log(2), 0])).toEqual({ label: 'yes', probability: 0.5 });
  expect(wordPrediction(head, null, [0, 1, 5]).label).toBe('2');
  expect(wordPrediction(head, NAMES, [1e4, -1e4, 0]).probability).toBe(1);
  expect(wordLabel(head, NAMES, [2])).toBe('maybe');
});

test('binary: the sign, with the probability of what was predicted', () => {
  const head = { kind: 'binary' } as const;
  expect(wordPrediction(head, NAMES, [Math.log(3)])).toEqual({
    label: 'yes',
    probability: expect.closeTo(0.75, 12) as number,
  });
  expect(wordPrediction(head, NAMES, [-Math.log(3)])).toEqual({
    label: 'no',
    probability: expect.closeTo(0.75, 12) as number,
  });
  // A tie is not a yes.
  expect(wordPrediction(head, NAMES, [0]).label).toBe('no');
});

test('multi-label: those that are present', () => {
  const head = { kind: 'multi-label', count: 3 } as const;
  expect(wordPrediction(head, NAMES, [1, -1, 2])).toEqual({ label: 'no, maybe', probability: null });
  expect(wordLabel(head, NAMES, [0, 0, 0])).toBe('none');
});

test('regression: the values, to four digits', () => {
  const head = { kind: 'regression', count: 2, tolerance: 1 } as const;
  expect(wordPrediction(head, null, [1.23456, -1e-9])).toEqual({ label: '1.235, -1e-9', probability: null });
  expect(wordLabel(head, null, [2, 3])).toBe('2, 3');
});

test('scores that are no numbers have no probability', () => {
  expect(wordPrediction({ kind: 'classes', count: 2 }, null, [NaN, NaN]).probability).toBeNull();
  expect(wordPrediction({ kind: 'binary' }, null, [NaN]).probability).toBeNull();
});
