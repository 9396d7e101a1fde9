import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { packageRoot } from '#base/package-root';
import { openOnnxModel } from './index.js';
import type { EngineModel } from '../contract.js';

const root = packageRoot();
const pixels = gunzipSync(readFileSync(join(root, 'fixtures/data/fashion-test-images.idx3-ubyte.gz'))).subarray(16);
const truth = gunzipSync(readFileSync(join(root, 'fixtures/data/fashion-test-labels.idx1-ubyte.gz'))).subarray(8);

function images(start: number, end: number): { shape: number[]; data: Float32Array } {
  const data = Float32Array.from(pixels.subarray(start * 784, end * 784), (value) => Math.fround(value / 255));
  return { shape: [end - start, 1, 28, 28], data };
}

function labels(start: number, end: number): Float64Array {
  return Float64Array.from(truth.subarray(start, end));
}

async function open(name: string, batchSize: number, threads: number): Promise<EngineModel> {
  const bytes = new Uint8Array(readFileSync(join(root, 'fixtures/models', `${name}.onnx`)));
  return openOnnxModel(
    { main: `${name}.onnx`, files: new Map([[`${name}.onnx`, bytes]]) },
    {
      head: 'classes',
      output: null,
      normalization: { axis: 0, mean: [0.286], std: [0.353] },
      probe: images(0, 8),
      resources: { threads, batchSize },
    },
  );
}

interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: string;
}

interface StoredLoss {
  readonly loss: StoredTensor;
  readonly gradient: StoredTensor;
}

/** By PyTorch in float64; see fixtures/make/model_gradients.py. */
const stored = JSON.parse(
  gunzipSync(readFileSync(join(root, 'fixtures/gradients/models.json.gz'))).toString('utf8'),
) as {
  readonly images: StoredTensor;
  readonly labels: readonly number[];
  readonly models: readonly {
    readonly model: string;
    readonly logits: StoredTensor;
    readonly crossEntropy: StoredLoss;
    readonly margin: StoredLoss;
    readonly weights?: Readonly<Record<string, StoredTensor>>;
  }[];
};

function floats({ data }: StoredTensor): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(data, 'base64')).buffer);
}

/** Relative to the largest value: float32 sums of a few thousand terms against float64. */
function expectWithin(tolerance: number, found: Float32Array, wanted: Float32Array): void {
  expect(found).toHaveLength(wanted.length);
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - (found[i] ?? NaN))), 0);
  expect(difference / scale).toBeLessThan(tolerance);
}

describe.each(stored.models.map((model) => [model.model, model] as const))('%s against PyTorch', (name, wanted) => {
  const inputs = { shape: stored.images.shape, data: floats(stored.images) };
  const classes = Float64Array.from(stored.labels);

  test('logits, losses and input gradients agree to 1e-5', async () => {
    const model = await open(name.replace('.onnx', ''), 128, 2);
    for (const [kind, own] of [
      ['cross-entropy', wanted.crossEntropy],
      ['margin', wanted.margin],
    ] as const) {
      const { scores, gradient } = await model.gradient(inputs, { kind, labels: classes });
      expectWithin(1e-5, scores.data, floats(wanted.logits));
      expectWithin(1e-5, gradient.data, floats(own.gradient));
    }
    await model.dispose();
  });

  test('gradients by weights', async () => {
    if (wanted.weights === undefined) return;
    const model = await open(name.replace('.onnx', ''), 128, 1);
    const trainer = await model.trainer({
      optimizer: { kind: 'sgd', momentum: 0 },
      learningRate: { kind: 'constant', rate: 1 },
    });
    const gradients = await trainer.weightGradients(inputs, { kind: 'cross-entropy', labels: classes });
    for (const [weight, gradient] of Object.entries(wanted.weights)) {
      expectWithin(1e-5, gradients.get(weight)?.data ?? new Float32Array(), floats(gradient));
    }
    await trainer.dispose();
    await model.dispose();
  });
});

describe.each(['fashion-mlp', 'fashion-cnn', 'fashion-cnn-robust'])('%s', (name) => {
  test('the gradient graph gives the scores of the file, bit by bit, for any batch and number of threads', async () => {
    const whole = await open(name, 256, 2);
    const inputs = images(0, 150);
    const loss = { kind: 'cross-entropy', labels: labels(0, 150) } as const;
    const reference = await whole.gradient(inputs, loss);
    expect([...(await whole.scores(inputs)).data]).toEqual([...reference.scores.data]);
    for (const [batchSize, threads] of [
      [1, 1],
      [7, 2],
      [128, 1],
    ] as const) {
      const other = await open(name, batchSize, threads);
      const result = await other.gradient(inputs, loss);
      expect(Buffer.from(result.gradient.data.buffer).equals(Buffer.from(reference.gradient.data.buffer))).toBe(true);
      expect([...result.loss]).toEqual([...reference.loss]);
      await other.dispose();
    }
    await whole.dispose();
  });
});
