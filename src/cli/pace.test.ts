import { beginning, further, secondsLeft, type Pace } from './pace.js';

/** A pace after events, each of a moment in seconds and what was done by then. */
function after(...events: readonly (readonly [seconds: number, done: number])[]): Pace {
  return events.reduce((pace, [seconds, done]) => further(pace, done, 1000 * seconds), beginning);
}

test('what is left takes as long a unit as what was done', () => {
  const pace = after([10, 1], [14, 3], [18, 5]);
  expect(secondsLeft(pace, 10, 18_000)).toBe(20);
  expect(secondsLeft(pace, 10, 21_000)).toBe(17);
});

test('it never becomes less than nothing', () => {
  expect(secondsLeft(after([0, 1], [4, 2]), 1, 60_000)).toBe(0);
});

test('nobody can tell from one event, from too short a time, without headway, or at the end', () => {
  expect(secondsLeft(beginning, 5, 0)).toBeNull();
  expect(secondsLeft(after([0, 40]), 60, 9000)).toBeNull();
  expect(secondsLeft(after([0, 40], [1.9, 41]), 60, 2000)).toBeNull();
  expect(secondsLeft(after([0, 40], [5, 40]), 60, 5000)).toBeNull();
  expect(secondsLeft(after([0, 1], [5, 2]), 0, 5000)).toBeNull();
});

test('what a resumed cell had done before does not make it fast', () => {
  // It begins at 900 of 1000 and goes on at one a second.
  expect(secondsLeft(after([0, 900], [5, 905], [10, 910]), 90, 10_000)).toBe(90);
});

test('what lies two minutes back does not count, but for the last moment before', () => {
  const slow = [
    [0, 0],
    [100, 1],
  ] as const;
  const fast = Array.from({ length: 31 }, (_, i) => [200 + 10 * i, 2 + 10 * i] as const);
  // One a second of late, whatever was before.
  expect(secondsLeft(after(...slow, ...fast), 50, 500_000)).toBeCloseTo(50, 9);
});

test('thousands of events take no more memory than a few, and tell the same', () => {
  const pace = after(...Array.from({ length: 20_001 }, (_, i) => [i / 1000, i] as const));
  expect(pace.length).toBeLessThan(50);
  expect(secondsLeft(pace, 10_000, 20_000)).toBeCloseTo(10, 9);
});
