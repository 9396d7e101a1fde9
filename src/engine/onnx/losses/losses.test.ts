import { rng } from '#stats/random';
import { sampleLoss } from '#target/losses';
import type { LabelLossKind, LossSpec, OutputHead } from '../../contract.js';
import { openOnnxModel } from '../index.js';
import { linearModel, specOf } from '../../../../test/linear-model.js';

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
  kind: LabelLossKind,
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

describe('every loss equals its definition in double precision', () => {
  const WIDTH = 6;
  const ROWS = 5;
  const wide = linearModel(
    Array.from({ length: WIDTH }, (_, i) => Array.from({ length: WIDTH }, (_, k) => (i === k ? 1 : 0))),
    new Array<number>(WIDTH).fill(0),
  );
  const source = rng('losses');
  const draw = (length: number, of: () => number): Float64Array => Float64Array.from({ length }, of);
  const scores = Float32Array.from(draw(ROWS * WIDTH, () => 3 * source.normal()));
  const labels = draw(ROWS, () => Math.floor(WIDTH * source.uniform()));
  const targets = labels.map((label) => (label + 2) % WIDTH);
  const values = draw(ROWS * WIDTH, () => source.normal());
  const probabilities = draw(ROWS * WIDTH, () => source.uniform()).map((p, i, all) => {
    const start = WIDTH * Math.floor(i / WIDTH);
    return p / all.subarray(start, start + WIDTH).reduce((sum, each) => sum + each, 0);
  });
  const specs: readonly LossSpec[] = [
    { kind: 'dlr', labels },
    { kind: 'targeted-dlr', labels, targets },
    { kind: 'score-difference', labels, targets },
    { kind: 'divergence', probabilities },
    { kind: 'squared-error', values },
    { kind: 'weighted-scores', values },
    {
      kind: 'weighted-sum',
      terms: [
        { weight: 0.25, loss: { kind: 'margin', labels } },
        {
          weight: draw(ROWS, () => source.normal()),
          loss: {
            kind: 'weighted-sum',
            terms: [
              { weight: 2, loss: { kind: 'cross-entropy', labels } },
              { weight: -1, loss: { kind: 'divergence', probabilities } },
            ],
          },
        },
      ],
    },
  ];

  test.each(specs.map((spec) => [spec.kind, spec] as const))('%s', async (_, spec) => {
    const model = await openOnnxModel(wide, { ...specOf('classes', [WIDTH]), resources: { threads: 1, batchSize: 2 } });
    const { loss, gradient } = await model.gradient({ shape: [ROWS, WIDTH], data: scores }, spec);
    await model.dispose();
    for (let i = 0; i < ROWS; i++) {
      const own = scores.subarray(i * WIDTH, (i + 1) * WIDTH);
      const wanted = sampleLoss({ kind: 'classes', count: WIDTH }, spec, i, own);
      // Eight sums in float32, relative to the largest of them; ratios of logits divide by their small difference.
      const scale = Math.max(1, Math.abs(wanted.value), ...wanted.slope.map(Math.abs));
      expect(Math.abs((loss[i] ?? NaN) - wanted.value) / scale).toBeLessThan(2e-6);
      wanted.slope.forEach((slope, k) => {
        expect(Math.abs((gradient.data[i * WIDTH + k] ?? NaN) - slope) / scale).toBeLessThan(2e-6);
      });
    }
  });

  test('weighted scores are the sum of scores with those weights, and their gradient that of the single gradients', async () => {
    // Not the identity: the gradient is the product of the weights and the Jacobian.
    const mixing = linearModel(
      Array.from({ length: WIDTH }, (_, i) => Array.from({ length: WIDTH }, (__, k) => Math.sin(3 * i + 5 * k + 1))),
      Array.from({ length: WIDTH }, (_, k) => Math.cos(k)),
    );
    const model = await openOnnxModel(mixing, specOf('classes', [WIDTH]));
    const inputs = { shape: [ROWS, WIDTH], data: scores };
    const found = await model.gradient(inputs, { kind: 'weighted-scores', values });
    const loss = new Float64Array(ROWS);
    const gradient = new Float64Array(ROWS * WIDTH);
    for (let k = 0; k < WIDTH; k++) {
      const one = await model.gradient(inputs, { kind: 'score', labels: labels.map(() => k) });
      const weight = (sample: number): number => values[sample * WIDTH + k] ?? NaN;
      one.loss.forEach((score, i) => (loss[i] = (loss[i] ?? 0) + weight(i) * score));
      one.gradient.data.forEach((slope, i) => {
        gradient[i] = (gradient[i] ?? 0) + weight(Math.floor(i / WIDTH)) * slope;
      });
    }
    await model.dispose();
    // Sums of six products below 20 in float32.
    loss.forEach((value, i) => expect(Math.abs((found.loss[i] ?? NaN) - value)).toBeLessThan(1e-5));
    gradient.forEach((slope, i) => expect(Math.abs((found.gradient.data[i] ?? NaN) - slope)).toBeLessThan(1e-5));
  });

  test('a ratio of equal logits is zero and points away from the label, as AutoAttack guards it', async () => {
    const model = await openOnnxModel(wide, specOf('classes', [WIDTH]));
    const inputs = { shape: [1, WIDTH], data: new Float32Array(WIDTH) };
    const { loss, gradient } = await model.gradient(inputs, { kind: 'dlr', labels: Float64Array.of(5) });
    await model.dispose();
    expect(loss[0]).toBe(0);
    // The guard of 1e-12 is all that stands below the line.
    expect(gradient.data[5]).toBeCloseTo(-1e12, -7);
  });

  test('Bernoulli divergence of labels', async () => {
    const model = await openOnnxModel(wide, specOf('multi-label', [WIDTH]));
    const spec: LossSpec = { kind: 'divergence', probabilities };
    const { loss, gradient } = await model.gradient({ shape: [ROWS, WIDTH], data: scores }, spec);
    await model.dispose();
    const wanted = sampleLoss({ kind: 'multi-label', count: WIDTH }, spec, 3, scores.subarray(3 * WIDTH, 4 * WIDTH));
    expect(loss[3]).toBeCloseTo(wanted.value, 4);
    wanted.slope.forEach((slope, k) => expect(gradient.data[3 * WIDTH + k]).toBeCloseTo(slope, 5));
  });
});

describe('a loss that a head does not have ends in one sentence', () => {
  test.each([
    [{ kind: 'dlr', labels: Float64Array.of(0) }, 'regression', 'defined for 3 classes or more'],
    [
      { kind: 'targeted-dlr', labels: Float64Array.of(0), targets: Float64Array.of(1) },
      'classes',
      'defined for 4 classes or more',
    ],
    [{ kind: 'divergence', probabilities: Float64Array.of(0, 0, 1) }, 'regression', 'a regression has none'],
    [{ kind: 'cross-entropy', labels: Float64Array.of(0, 1) }, 'classes', 'hold 2 numbers, and 1 samples take 1'],
    [{ kind: 'weighted-scores', values: Float64Array.of(0, 1) }, 'classes', 'hold 2 numbers, and 1 samples take 3'],
  ] as const)('%p', async (spec, head, sentence) => {
    const model = await openOnnxModel(identity, specOf(head, [3]));
    const asked = model.gradient({ shape: [1, 3], data: Float32Array.from(z) }, spec);
    await expect(asked).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(sentence) as string });
    await model.dispose();
  });
});
