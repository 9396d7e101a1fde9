import { row, rowRange, rowsOf, takeRows, type Tensor } from '#base/tensor';
import { rng } from '#stats/random';
import { labelsOf } from '#target/head';
import { linearTarget } from '#target/linear';
import { inMemory } from '#target/sample-source';
import { isLayered, type Target } from '#target/target';
import { fashion } from '../../../test/fashion.js';
import { featureSpace, nearestExamples } from './nearest-examples.js';

/** A source of so many rows, numbered from 1000. */
function sourceOf(inputs: Tensor) {
  const n = rowsOf(inputs);
  return inMemory({
    inputs,
    labels: labelsOf(new Float64Array(n)),
    indices: Array.from({ length: n }, (_, i) => 1000 + i),
  });
}

const nothing = () => undefined;
const target = linearTarget([[1, 0, 0, 0]], [0], { head: { kind: 'binary' }, shape: [4] });
const source = rng('examples');
const inputs: Tensor = { shape: [700, 4], data: Float32Array.from({ length: 2800 }, () => source.normal()) };

/** By sorting all of them, which is another way to find the first few. */
function sorted(distance: (values: Float32Array) => number, count: number): number[] {
  return Array.from({ length: rowsOf(inputs) }, (_, i) => ({ i, distance: distance(row(inputs, i)) }))
    .sort((a, b) => a.distance - b.distance || a.i - b.i)
    .slice(0, count)
    .map(({ i }) => 1000 + i);
}

const own = row(inputs, 400);
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

test.each([
  ['cosine', (x: Float32Array) => 1 - dot(x, own) / Math.sqrt(dot(x, x) * dot(own, own))],
  ['euclidean', (x: Float32Array) => Math.hypot(...x.map((value, i) => value - own[i]!))],
] as const)(
  '%s: the first of all, over three chunks, and the input itself is known again',
  async (metric, distance) => {
    const space = await featureSpace(target, 'penultimate');
    expect(space.words).toBe('the input itself');
    const done: number[] = [];
    const found = await nearestExamples(space, rowRange(inputs, 400, 401), sourceOf(inputs), metric, 9, (n) =>
      done.push(n),
    );
    expect(found.map(({ index }) => index)).toEqual(sorted(distance, 9));
    expect(found[0]).toMatchObject({ index: 1400, position: 400, identical: true });
    // Sums of four products of float32, in double precision.
    expect(found[0]!.distance).toBeLessThan(1e-12);
    expect(found.slice(1).some(({ identical }) => identical)).toBe(false);
    expect(done).toEqual([256, 512, 700]);
  },
);

test('of equally near ones the first; no more than there are', async () => {
  const same = takeRows(inputs, [3, 5, 3, 3]);
  const space = await featureSpace(target, 'input');
  const two = await nearestExamples(space, rowRange(inputs, 3, 4), sourceOf(same), 'euclidean', 2, nothing);
  expect(two.map(({ index }) => index)).toEqual([1000, 1002]);
  expect(await nearestExamples(space, rowRange(inputs, 3, 4), sourceOf(same), 'euclidean', 9, nothing)).toHaveLength(4);
});

test('by scores: what differs in columns without weight is at no distance', async () => {
  const pair = { shape: [2, 4], data: Float32Array.of(1, 9, 9, 9, 2, 0, 0, 0) };
  const space = await featureSpace(target, 'scores');
  const [first, second] = await nearestExamples(
    space,
    { shape: [1, 4], data: Float32Array.of(1, 0, 0, 0) },
    ...([sourceOf(pair), 'euclidean', 2, nothing] as const),
  );
  expect([first, second]).toMatchObject([
    { index: 1000, distance: 0, identical: false },
    { index: 1001, distance: 1, identical: false },
  ]);
});

test('by layers of a real model: what the penultimate one gives makes the scores', async () => {
  const { target: cnn, samples } = await fashion('fashion-mlp', 40);
  expect(isLayered(cnn as Target)).toBe(true);
  const space = await featureSpace(cnn, 'penultimate');
  expect(space.words).toMatch(/relu/i);
  const some = sourceOf(samples.inputs);
  const found = await nearestExamples(space, rowRange(samples.inputs, 7, 8), some, 'cosine', 3, nothing);
  expect(found[0]).toMatchObject({ index: 1007, identical: true });
  await expect((await featureSpace(cnn, 'layer9')).featuresOf(rowRange(samples.inputs, 0, 1))).rejects.toThrow(
    'there is no layer `layer9`',
  );
  await cnn.dispose();
});
