import type { LossKind, OutputHead } from '../contract.js';
import { openOnnxModel } from './index.js';
import { linearModel, specOf } from '../../../test/linear-model.js';

/** With the identity as model, scores are inputs and the input gradient is the derivative of the loss by the scores. */
const identity = linearModel(
  [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  [0, 0, 0],
);
const z = [0.5, -1, 2];

async function lossAt(
  head: OutputHead,
  kind: LossKind,
  labels: readonly number[],
): Promise<{ loss: number; gradient: number[] }> {
  const model = await openOnnxModel(identity, specOf(head, [3]));
  const inputs = { shape: [1, 3], data: Float32Array.from(z) };
  const result = await model.gradient(inputs, { kind, labels: Float64Array.from(labels) });
  await model.dispose();
  return { loss: result.loss[0] ?? NaN, gradient: [...result.gradient.data] };
}

/** float32 holds seven digits of numbers below 10. */
function expectLoss(found: { loss: number; gradient: number[] }, loss: number, gradient: readonly number[]): void {
  expect(found.loss).toBeCloseTo(loss, 5);
  found.gradient.forEach((value, i) => expect(value).toBeCloseTo(gradient[i] ?? NaN, 5));
}

const sigmoid = (t: number): number => 1 / (1 + Math.exp(-t));

describe('losses and their derivatives are their closed forms', () => {
  test('softmax cross-entropy', async () => {
    const total = z.reduce((sum, value) => sum + Math.exp(value), 0);
    const p = z.map((value) => Math.exp(value) / total);
    const found = await lossAt('classes', 'cross-entropy', [0]);
    expectLoss(found, -Math.log(p[0] ?? 0), [(p[0] ?? 0) - 1, p[1] ?? 0, p[2] ?? 0]);
  });

  test('margin of classes: the strongest other class minus the true one', async () => {
    expectLoss(await lossAt('classes', 'margin', [0]), 2 - 0.5, [-1, 0, 1]);
    expectLoss(await lossAt('classes', 'margin', [2]), 0.5 - 2, [1, 0, -1]);
  });

  test('a score alone', async () => {
    expectLoss(await lossAt('classes', 'score', [1]), -1, [0, 1, 0]);
  });

  test('sigmoid cross-entropy, summed over labels', async () => {
    const y = [1, 0, 0];
    const wanted = z.reduce((sum, value, i) => sum + Math.log(1 + Math.exp((1 - 2 * (y[i] ?? 0)) * value)), 0);
    expectLoss(
      await lossAt('multi-label', 'cross-entropy', y),
      wanted,
      z.map((value, i) => sigmoid(value) - (y[i] ?? 0)),
    );
  });

  test('margin of labels: the one closest to flipping', async () => {
    // Signed distances are -0.5, -1 and 2: the third label is wrong already.
    expectLoss(await lossAt('multi-label', 'margin', [1, 0, 0]), 2, [0, 0, 1]);
    expectLoss(await lossAt('multi-label', 'margin', [1, 0, 1]), -0.5, [-1, 0, 0]);
  });

  test('squared error and largest error', async () => {
    expectLoss(await lossAt('regression', 'cross-entropy', [0, 0, 1]), 0.25 + 1 + 1, [1, -2, 2]);
    expectLoss(await lossAt('regression', 'margin', [0, 0.5, 1]), 1.5, [0, -1, 0]);
  });
});

test('a confident model still has a gradient that points somewhere', async () => {
  const steep = linearModel(
    [
      [1000, 0],
      [0, 1000],
    ],
    [0, 0],
  );
  const model = await openOnnxModel(steep, specOf('classes', [2]));
  const inputs = { shape: [1, 2], data: Float32Array.of(1, 0) };
  const saturated = await model.gradient(inputs, { kind: 'cross-entropy', labels: Float64Array.of(0) });
  const margin = await model.gradient(inputs, { kind: 'margin', labels: Float64Array.of(0) });
  await model.dispose();
  // e^-1000 is 0 in float32: cross-entropy has nothing to follow, the margin does.
  expect([...saturated.gradient.data]).toEqual([0, 0]);
  expect([...margin.gradient.data]).toEqual([-1000, 1000]);
});
