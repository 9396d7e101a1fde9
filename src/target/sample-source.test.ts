import { linearTarget } from './linear.js';
import { chunkOf, inMemory, noSamples, predictAll } from './sample-source.js';

const inputs = { shape: [4, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7) };
const labels = { width: 1, values: Float64Array.of(1, 0, 1, 0) };
const SOURCE = inMemory({ inputs, labels, indices: [3, 5, 7, 9] });

test('samples are taken by position, in the order given, or in a row', async () => {
  expect(SOURCE.shape).toEqual([2]);
  expect(await SOURCE.take([3, 0, 3])).toEqual({
    inputs: { shape: [3, 2], data: Float32Array.of(6, 7, 0, 1, 6, 7) },
    labels: { width: 1, values: Float64Array.of(0, 1, 0) },
    indices: [9, 3, 9],
  });
  expect(await SOURCE.range(1, 3)).toEqual({
    inputs: { shape: [2, 2], data: Float32Array.of(2, 3, 4, 5) },
    labels: { width: 1, values: Float64Array.of(0, 1) },
    indices: [5, 7],
  });
});

test('none', async () => {
  expect(await noSamples([3, 2]).range(0, 0)).toEqual({
    inputs: { shape: [0, 3, 2], data: new Float32Array(0) },
    labels: { width: 1, values: new Float64Array(0) },
    indices: [],
  });
});

test('a chunk has at most 256 samples and 16 MiB of float32, and at least one sample', () => {
  expect([[], [784], [3, 224, 224], [2 ** 24]].map(chunkOf)).toEqual([256, 256, 27, 1]);
});

test('all scores are those of one prediction of each sample, in order, chunk by chunk', async () => {
  const target = linearTarget([[1, -1]], [0.5], { head: { kind: 'regression', count: 1, tolerance: 1 }, shape: [2] });
  const n = 600;
  const data = Float32Array.from({ length: 2 * n }, (_, i) => Math.sin(i));
  const truth = { labels: { width: 1, values: new Float64Array(n) }, indices: [...Array(n).keys()] };
  const source = inMemory({ inputs: { shape: [n, 2], data }, ...truth });
  const sizes: number[] = [];
  const range: typeof source.range = (start, end) => {
    sizes.push(end - start);
    return source.range(start, end);
  };
  expect(await predictAll(target, { ...source, range })).toEqual(await target.predict({ shape: [n, 2], data }));
  expect(sizes).toEqual([256, 256, 88]);
  expect((await predictAll(target, noSamples([2]))).shape).toEqual([0, 1]);
});
