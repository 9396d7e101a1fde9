import { linearModel, specOf } from '../../../test/linear-model.js';
import type { EngineModel, LossSpec, OutputHead } from '../contract.js';
import { openOnnxModel } from '../onnx/index.js';
import { chooseBackend } from './backend.js';
import { openTfjsModel } from './index.js';

beforeAll(() => chooseBackend(['cpu']));

const WIDTH = 5;
const SAMPLES = 6;
/** Losses and gradients of both engines, of numbers below 10 in float32. */
const TOLERANCE = 1e-5;

/** y = x W + b, so that the gradient by x is W' times that by the scores. */
const model = linearModel(
  Array.from({ length: 4 }, (_, i) => Array.from({ length: WIDTH }, (__, j) => Math.sin(3 * i + 5 * j + 1))),
  Array.from({ length: WIDTH }, (_, j) => Math.cos(j)),
);
const inputs = { shape: [SAMPLES, 4], data: Float32Array.from({ length: SAMPLES * 4 }, (_, i) => Math.sin(i * i)) };
const labels = Float64Array.from({ length: SAMPLES }, (_, i) => i % WIDTH);
const targets = labels.map((label) => (label + 2) % WIDTH);
const bits = Float64Array.from({ length: SAMPLES * WIDTH }, (_, i) => (i * i) % 2);
const values = Float64Array.from({ length: SAMPLES * WIDTH }, (_, i) => Math.cos(i));
const shares = Float64Array.from({ length: SAMPLES * WIDTH }, (_, i) => 0.02 + 0.36 * Math.abs(Math.sin(i)));
const certain = Float64Array.from({ length: SAMPLES * WIDTH }, (_, i) => (i % WIDTH === 1 ? 1 : 0));

const LOSSES: Readonly<Record<OutputHead, readonly LossSpec[]>> = {
  classes: [
    { kind: 'cross-entropy', labels },
    { kind: 'margin', labels },
    { kind: 'dlr', labels },
    { kind: 'targeted-dlr', labels, targets },
    { kind: 'score', labels },
    { kind: 'score-difference', labels, targets },
    { kind: 'divergence', probabilities: shares },
    { kind: 'divergence', probabilities: certain },
    { kind: 'squared-error', values },
    { kind: 'weighted-scores', values },
    {
      kind: 'weighted-sum',
      terms: [
        { weight: -0.5, loss: { kind: 'margin', labels } },
        { weight: labels.map((label) => 1 + label), loss: { kind: 'divergence', probabilities: shares } },
        { weight: 2, loss: { kind: 'weighted-sum', terms: [{ weight: 3, loss: { kind: 'score', labels } }] } },
      ],
    },
  ],
  'multi-label': [
    { kind: 'cross-entropy', labels: bits },
    { kind: 'margin', labels: bits },
    { kind: 'divergence', probabilities: shares },
    { kind: 'divergence', probabilities: certain },
    { kind: 'score', labels },
    { kind: 'weighted-scores', values },
  ],
  binary: [],
  regression: [
    { kind: 'cross-entropy', labels: values },
    { kind: 'margin', labels: values },
    { kind: 'squared-error', values },
    { kind: 'weighted-scores', values },
    { kind: 'score', labels },
  ],
};

describe.each(['classes', 'multi-label', 'regression'] as const)('losses of %s', (head) => {
  const named = LOSSES[head].map((loss, i) => [`${loss.kind} (${i})`, loss] as const);
  let engines: readonly EngineModel[] = [];

  beforeAll(async () => {
    const spec = specOf(head, [4]);
    engines = [await openTfjsModel(model, spec), await openOnnxModel(model, spec)];
  });
  afterAll(() => Promise.all(engines.map((engine) => engine.dispose())));

  test.each(named)('%s and its gradient are those of the other engine', async (_, loss) => {
    const [own, other] = await Promise.all(engines.map((engine) => engine.gradient(inputs, loss)));
    expect(difference(own!.loss, other!.loss)).toBeLessThan(TOLERANCE);
    expect(difference(own!.gradient.data, other!.gradient.data)).toBeLessThan(TOLERANCE);
    expect(difference(own!.scores.data, other!.scores.data)).toBeLessThan(TOLERANCE);
  });
});

test('losses of a binary head, whose one score has a label', async () => {
  const one = linearModel([[0.5], [-1]], [0.25]);
  const spec = specOf('binary', [2]);
  const two = { shape: [2, 2], data: Float32Array.of(0.3, -0.7, 2, 1) };
  const [own, other] = [await openTfjsModel(one, spec), await openOnnxModel(one, spec)];
  for (const loss of [
    { kind: 'cross-entropy', labels: Float64Array.of(1, 0) },
    { kind: 'margin', labels: Float64Array.of(1, 0) },
    { kind: 'divergence', probabilities: Float64Array.of(0.3, 1) },
    { kind: 'weighted-scores', values: Float64Array.of(-1.5, 0.25) },
  ] as const) {
    const [found, wanted] = [await own.gradient(two, loss), await other.gradient(two, loss)];
    expect(difference(found.loss, wanted.loss)).toBeLessThan(TOLERANCE);
    expect(difference(found.gradient.data, wanted.gradient.data)).toBeLessThan(TOLERANCE);
  }
  await own.dispose();
  await other.dispose();
});

test('closed forms: softmax cross-entropy, and the margin of the strongest other class', async () => {
  const identity = linearModel(
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    [0, 0, 0],
  );
  const opened = await openTfjsModel(identity, specOf('classes', [3]));
  const z = { shape: [1, 3], data: Float32Array.of(0.5, -1, 2) };
  const total = Math.exp(0.5) + Math.exp(-1) + Math.exp(2);
  const entropy = await opened.gradient(z, { kind: 'cross-entropy', labels: Float64Array.of(0) });
  expect(entropy.loss[0]).toBeCloseTo(Math.log(total) - 0.5, 5);
  const p = [Math.exp(0.5) / total - 1, Math.exp(-1) / total, Math.exp(2) / total];
  p.forEach((slope, i) => expect(entropy.gradient.data[i]).toBeCloseTo(slope, 5));
  const margin = await opened.gradient(z, { kind: 'margin', labels: Float64Array.of(0) });
  expect([...margin.loss]).toEqual([1.5]);
  expect([...margin.gradient.data]).toEqual([-1, 0, 1]);
  await opened.dispose();
});

test('weighted scores are the sum of scores with those weights, and their gradient that of the single gradients', async () => {
  const opened = await openTfjsModel(model, specOf('classes', [4]));
  const found = await opened.gradient(inputs, { kind: 'weighted-scores', values });
  const loss = new Float32Array(SAMPLES);
  const gradient = new Float32Array(SAMPLES * 4);
  for (let k = 0; k < WIDTH; k++) {
    const one = await opened.gradient(inputs, { kind: 'score', labels: labels.map(() => k) });
    const weight = (sample: number): number => values[sample * WIDTH + k] ?? NaN;
    one.loss.forEach((score, i) => (loss[i] = (loss[i] ?? 0) + weight(i) * score));
    one.gradient.data.forEach((slope, i) => (gradient[i] = (gradient[i] ?? 0) + weight(Math.floor(i / 4)) * slope));
  }
  expect(difference(found.loss, loss)).toBeLessThan(TOLERANCE);
  expect(difference(found.gradient.data, gradient)).toBeLessThan(TOLERANCE);
  await opened.dispose();
});

test('a head without the loss and numbers that are missing are refused', async () => {
  const opened = await openTfjsModel(model, specOf('regression', [4]));
  await expect(opened.gradient(inputs, { kind: 'dlr', labels })).rejects.toThrow('is defined for 3 classes or more');
  await expect(opened.gradient(inputs, { kind: 'score', labels: Float64Array.of(1) })).rejects.toThrow(
    'the `labels` of a loss hold 1 numbers, and 6 samples take 6',
  );
  await opened.dispose();
});

function difference(found: Float32Array, wanted: Float32Array): number {
  if (found.length !== wanted.length) return Infinity;
  return wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - (found[i] ?? NaN))), 0);
}
