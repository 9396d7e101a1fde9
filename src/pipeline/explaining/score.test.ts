import type { Head } from '#target/head';
import { chosenScore, scoreChoiceOf } from './score.js';

const classes: Head = { kind: 'classes', count: 3 };
const labels = ['bag', 'boot', '7'];

test.each([
  [undefined, { kind: 'predicted' }],
  ['predicted', { kind: 'predicted' }],
  ['true', { kind: 'true' }],
  ['boot', { kind: 'index', index: 1 }],
  ['0', { kind: 'index', index: 0 }],
  // A label that looks like an index is the label.
  ['7', { kind: 'index', index: 2 }],
])('--score %s', (said, choice) => {
  expect(scoreChoiceOf(said, classes, labels)).toEqual(choice);
});

test.each(['boots', '3', '-1', '1.5', ''])('--score %s names no score', (said) => {
  expect(() => scoreChoiceOf(said, classes, labels)).toThrow('the model has no such score');
});

test('a name that is nearly a label is answered with it', () => {
  expect(() => scoreChoiceOf('boots', classes, labels)).toThrow('the closest label is "boot"');
});

test('the predicted score is the highest, the true one that of the truth', () => {
  expect(chosenScore({ kind: 'predicted' }, classes, [1, 3, 2], [0])).toBe(1);
  expect(chosenScore({ kind: 'true' }, classes, [1, 3, 2], [0])).toBe(0);
  expect(() => chosenScore({ kind: 'true' }, classes, [1, 3, 2], [NaN])).toThrow(
    'the truth of this input is not known',
  );
});

test('of several labels the true one is the highest that is present, and without any the highest', () => {
  const head: Head = { kind: 'multi-label', count: 3 };
  expect(chosenScore({ kind: 'true' }, head, [1, 3, 2], [1, 0, 1])).toBe(2);
  expect(chosenScore({ kind: 'true' }, head, [1, 3, 2], [0, 0, 0])).toBe(1);
  expect(chosenScore({ kind: 'predicted' }, { kind: 'binary' }, [-2], [1])).toBe(0);
});
