import { AssayError } from '#base/errors';
import { EXIT, exitCodeOf, strongestOf } from './exit-codes.js';

test('the strongest reason decides, in the order of the design: 130, 4, 3, 1, 2, 0', () => {
  const order = [130, 4, 3, 1, 2, 0] as const;
  for (const [i, strong] of order.entries()) {
    for (const weak of order.slice(i)) {
      expect(strongestOf([weak, strong])).toBe(strong);
      expect(strongestOf([strong, weak])).toBe(strong);
    }
  }
  expect(strongestOf([])).toBe(EXIT.passed);
});

test('errors have the code of their kind; what was not thrown on purpose is an error under way', () => {
  expect(exitCodeOf(new AssayError('config', { what: 'x' }))).toBe(4);
  expect(exitCodeOf(new AssayError('nothing-audited', { what: 'x' }))).toBe(3);
  expect(exitCodeOf(new AssayError('run', { what: 'x' }))).toBe(2);
  expect(exitCodeOf(new AssayError('interrupted', { what: 'x' }))).toBe(130);
  expect(exitCodeOf(new TypeError('x'))).toBe(2);
  expect(exitCodeOf(undefined)).toBe(2);
});
