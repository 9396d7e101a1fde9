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
