import { checkLearningRate, learningRateAt } from './learning-rate.js';
import type { LearningRate } from '../contract.js';

const rates = (schedule: LearningRate, steps: number): number[] =>
  Array.from({ length: steps }, (_, step) => learningRateAt(schedule, step));

test('a constant rate', () => {
  expect(rates({ kind: 'constant', rate: 0.1 }, 3)).toEqual([0.1, 0.1, 0.1]);
});

test('a triangle that rises, falls and begins again', () => {
  const found = rates({ kind: 'cyclic', lowest: 1, highest: 3, rise: 2, fall: 4 }, 8);
  expect(found).toEqual([1, 2, 3, 2.5, 2, 1.5, 1, 2]);
});

test('half a cosine, which stays at its end', () => {
  const found = rates({ kind: 'cosine', highest: 2, lowest: 0, steps: 4 }, 7);
  const wanted = [2, 1 + Math.SQRT1_2, 1, 1 - Math.SQRT1_2, 0, 0, 0];
  found.forEach((rate, step) => expect(rate).toBeCloseTo(wanted[step] ?? NaN, 12));
});

test('a warm-up in front of it', () => {
  const found = rates({ kind: 'cosine', highest: 4, lowest: 0, steps: 2, warmUp: 3 }, 6);
  [1, 2, 3, 4, 2, 0].forEach((rate, step) => expect(found[step]).toBeCloseTo(rate, 12));
});

test('a rate that falls by a factor at every milestone, in whatever order they stand', () => {
  const found = rates({ kind: 'steps', rate: 0.8, milestones: [4, 2], factor: 0.5 }, 6);
  expect(found).toEqual([0.8, 0.8, 0.4, 0.4, 0.2, 0.2]);
});

test('milestones at the same step each take the factor; none leave the rate as it is', () => {
  expect(rates({ kind: 'steps', rate: 1, milestones: [1, 1], factor: 0.1 }, 2)[1]).toBeCloseTo(0.01, 12);
  expect(rates({ kind: 'steps', rate: 1, milestones: [], factor: 0.1 }, 2)).toEqual([1, 1]);
});

test.each<[LearningRate, string]>([
  [{ kind: 'constant', rate: -1 }, '`rate` of a constant learning rate is -1'],
  [{ kind: 'constant', rate: NaN }, '`rate` of a constant learning rate is NaN'],
  [{ kind: 'cyclic', lowest: 0, highest: 1, rise: 0, fall: 2 }, '`rise` of a cyclic learning rate is 0'],
  [{ kind: 'cosine', lowest: 0, highest: 1, steps: 2.5 }, '`steps` of a cosine learning rate is 2.5'],
  [{ kind: 'steps', rate: 1, milestones: [3, 2.5], factor: 0.1 }, '`milestones` of a steps learning rate is 2.5'],
  [{ kind: 'steps', rate: 1, milestones: [0], factor: 0.1 }, '`milestones` of a steps learning rate is 0'],
  [{ kind: 'steps', rate: 1, milestones: [3], factor: -0.1 }, '`factor` of a steps learning rate is -0.1'],
])('%j is refused', (schedule, sentence) => {
  expect(() => checkLearningRate(schedule)).toThrow(sentence);
});
