import * as tf from '@tensorflow/tfjs-core';
import { chooseBackend } from '../backend.js';

beforeAll(() => chooseBackend(['cpu']));

/** Numbers that look random, none near another: no comparison of two is near its step. */
function values(shape: number[], seed: number): tf.Tensor {
  const size = shape.reduce((product, each) => product * each, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin((i + 1) * 12.9898 * seed) * 2),
    shape,
  );
}

/** Of the sum of the weighted results by an input, against differences of 2e-2: float32 of values up to 30. */
async function expectGradient(run: (x: tf.Tensor) => tf.Tensor, at: tf.Tensor): Promise<void> {
  const weights = values(run(at).shape, 0.7);
  const total = (x: tf.Tensor): tf.Scalar => tf.sum(tf.mul(run(x), weights));
  const found = tf.grad(total)(at);
  expect(found.shape).toEqual(at.shape);
  const [gradient, start] = [await found.data(), await at.data()];
  for (let i = 0; i < start.length; i++) {
    const moved = (by: number): number => {
      const near = Float32Array.from(start);
      near[i] = (near[i] ?? 0) + by;
      return total(tf.tensor(near, at.shape)).dataSync()[0] ?? NaN;
    };
    const slope = (moved(1e-2) - moved(-1e-2)) / 2e-2;
    expect(Math.abs((gradient[i] ?? NaN) - slope)).toBeLessThan(2e-3 * Math.max(1, Math.abs(slope)));
  }
}

test.each([
  [
    [2, 3],
    [2, 1],
  ],
  [
    [2, 2, 2, 2, 3],
    [3, 1, 2, 1, 2],
  ],
  [
    [1, 2, 1, 2, 1, 2],
    [2, 2, 1, 1, 2, 1],
  ],
])('a tile of [%j] by %j gives its gradient back', async (shape, repeats) => {
  await expectGradient((x) => tf.tile(x, repeats), values(shape, 1));
});

test.each([
  ['squaredDifference', tf.squaredDifference],
  ['maximum', tf.maximum],
  ['minimum', tf.minimum],
] as const)('%s sums the gradient of what was repeated', async (_, operator) => {
  for (const [small, large] of [
    [
      [1, 3],
      [2, 3],
    ],
    [[3], [2, 2, 3]],
    [
      [2, 1, 1, 1, 2],
      [2, 2, 2, 2, 2],
    ],
  ] as const) {
    const [a, b] = [values([...small], 1), values([...large], 0.3)];
    await expectGradient((x) => operator(x, b), a);
    await expectGradient((x) => operator(b, x), a);
    await expectGradient((x) => operator(a, x), b);
  }
});

test('matrices that are multiplied with several sum their gradients', async () => {
  const [a, b] = [values([1, 2, 3], 1), values([4, 3, 2], 0.3)];
  await expectGradient((x) => tf.matMul(x, b), a);
  await expectGradient((x) => tf.matMul(a, x), b);
});
