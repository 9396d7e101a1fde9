import { descentOf } from './optimizers.js';
import type { Optimizer } from '../contract.js';

/** Weights after some steps on the losses 3 g (w - 1)^2 / 2 of a batch of 3, whose mean has the gradient g (w - 1). */
function descend(optimizer: Optimizer, weightDecay: number, rates: readonly number[]): number[] {
  const descent = descentOf(optimizer, weightDecay);
  const weight = Float32Array.of(2, -0.5);
  const slopes = [1, 0.25];
  const moments = descent.moments.map(() => new Float32Array(weight.length));
  rates.forEach((rate, step) => {
    const gradient = Float32Array.from(weight, (w, i) => 3 * (slopes[i] ?? 0) * (w - 1));
    descent.move(weight, gradient, moments, { rate, scale: 1 / 3, step });
  });
  return [...weight];
}

const close = (found: readonly number[], wanted: readonly number[]): void =>
  found.forEach((value, i) => expect(value).toBeCloseTo(wanted[i] ?? NaN, 5));

test('without momentum: w - rate g', () => {
  close(descend({ kind: 'sgd', momentum: 0 }, 0, [0.5]), [1.5, -0.3125]);
});

test('velocities gather: the second step goes on with half of the first', () => {
  // g: 1, then 0.5; v: 1, then 1.
  const [first] = descend({ kind: 'sgd', momentum: 0.5 }, 0, [0.5, 0.5]);
  expect(first).toBeCloseTo(1.5 - 0.5, 6);
});

test('with Nesterov a step looks ahead: g + momentum v', () => {
  const [first] = descend({ kind: 'sgd', momentum: 0.5, nesterov: true }, 0, [0.5]);
  expect(first).toBeCloseTo(2 - 0.5 * 1.5, 6);
});

test('weight decay is a part of the gradient', () => {
  const [first] = descend({ kind: 'sgd', momentum: 0 }, 0.1, [0.5]);
  expect(first).toBeCloseTo(2 - 0.5 * (1 + 0.2), 6);
});

test('the first step of Adam has the length of the rate, whatever the gradient', () => {
  close(descend({ kind: 'adam' }, 0, [0.01]), [1.99, -0.49]);
});

test('decoupled weight decay adds to it, decay in the gradient does not', () => {
  close(descend({ kind: 'adamw' }, 0.1, [0.01]), [1.99 - 0.002, -0.49 + 0.0005]);
  close(descend({ kind: 'adam' }, 0.1, [0.01]), [1.99, -0.49]);
});

test('moments without bias: m / (1 - 0.9^t), s / (1 - 0.999^t)', () => {
  const rate = 0.01;
  let [w, m, s] = [2, 0, 0];
  for (let t = 1; t <= 5; t++) {
    const g = w - 1;
    m = 0.9 * m + 0.1 * g;
    s = 0.999 * s + 0.001 * g * g;
    w -= (rate * (m / (1 - 0.9 ** t))) / (Math.sqrt(s / (1 - 0.999 ** t)) + 1e-8);
  }
  const [found] = descend(
    { kind: 'adam' },
    0,
    Array.from({ length: 5 }, () => rate),
  );
  expect(found).toBeCloseTo(w, 6);
});

test.each<[Optimizer, number, string]>([
  [{ kind: 'sgd', momentum: 1 }, 0, '`momentum` is 1'],
  [{ kind: 'sgd', momentum: 0.9 }, -1, '`weightDecay` is -1'],
  [{ kind: 'adam', betas: [0.9, 1] }, 0, '`betas` is 1'],
  [{ kind: 'adamw', epsilon: NaN }, 0, '`epsilon` is NaN'],
])('%j with weight decay %s is refused', (optimizer, decay, sentence) => {
  expect(() => descentOf(optimizer, decay)).toThrow(sentence);
});
