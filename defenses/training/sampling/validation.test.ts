import { randomStreams } from '#stats/random';
import type { Head } from '#target/head';
import { inMemory, type SampleSource } from '#target/sample-source';
import { splitValidation } from './validation.js';

const HEAD: Head = { kind: 'classes', count: 3 };
const RANDOM = randomStreams(3, 'training/adversarial');

/** Samples whose input is their place in the data set. */
function sourceWith(labels: readonly number[]): SampleSource {
  const indices = labels.map((_, i) => 5 + 2 * i);
  return inMemory({
    inputs: { shape: [labels.length, 1], data: Float32Array.from(indices) },
    labels: { width: 1, values: Float64Array.from(labels) },
    indices,
  });
}

const SOURCE = sourceWith(Array.from({ length: 200 }, (_, i) => (i % 10 === 0 ? 2 : i % 2)));

const countsOf = ({ labels }: SampleSource) =>
  [0, 1, 2].map((label) => labels.values.filter((l) => l === label).length);

test('holds out a part of each label; every sample is in one of both, in order', () => {
  const { train, validation } = splitValidation(SOURCE, { part: 0.1, most: 1000 }, HEAD, RANDOM);
  expect(countsOf(SOURCE)).toEqual([80, 100, 20]);
  expect(countsOf(validation!)).toEqual([8, 10, 2]);
  expect(countsOf(train)).toEqual([72, 90, 18]);
  expect([...train.indices, ...validation!.indices].sort((a, b) => a - b)).toEqual(SOURCE.indices);
  for (const { indices } of [train, validation!]) expect(indices).toEqual([...indices].sort((a, b) => a - b));
});

test('at most so many, seeded', () => {
  const held = (seed: number) =>
    splitValidation(SOURCE, { part: 0.5, most: 20 }, HEAD, randomStreams(seed)).validation!.indices;
  expect(held(1)).toHaveLength(20);
  expect(held(1)).toEqual(held(1));
  expect(held(1)).not.toEqual(held(2));
});

test('parts are sources: their inputs belong to their labels and indices', async () => {
  const { validation } = splitValidation(SOURCE, { part: 0.1, most: 1000 }, HEAD, RANDOM);
  const { indices, labels, shape } = validation!;
  expect(shape).toEqual([1]);
  expect(await validation!.range(3, 6)).toEqual({
    inputs: { shape: [3, 1], data: Float32Array.from(indices.slice(3, 6)) },
    labels: { width: 1, values: labels.values.slice(3, 6) },
    indices: indices.slice(3, 6),
  });
  const taken = await validation!.take(Int32Array.of(5, 0, 5));
  expect(taken.indices).toEqual([5, 0, 5].map((i) => indices[i]));
  expect([...taken.inputs.data]).toEqual(taken.indices);
  expect([...taken.labels.values]).toEqual([5, 0, 5].map((i) => labels.values[i]));
});

test('a label keeps a sample to train on', () => {
  const rare = sourceWith([0, 0, 0, 0, 1, 1, 2]);
  for (let seed = 0; seed < 20; seed++) {
    const { train, validation } = splitValidation(rare, { part: 0.85, most: 100 }, HEAD, randomStreams(seed));
    expect(countsOf(train).every((count) => count > 0)).toBe(true);
    expect(train.indices.length + validation!.indices.length).toBe(7);
  }
});

test('none is held out where the part is too small, or all of it would be the last of its label', () => {
  expect(splitValidation(SOURCE, { part: 0.002, most: 10 }, HEAD, RANDOM)).toEqual({ train: SOURCE, validation: null });
  expect(splitValidation(sourceWith([0]), { part: 0.4, most: 10 }, HEAD, RANDOM).validation).toBeNull();
  const single = splitValidation(sourceWith([0, 1, 2]), { part: 0.5, most: 10 }, HEAD, RANDOM);
  expect(single.validation).toBeNull();
});

test('all of them are refused', () => {
  expect(() => splitValidation(SOURCE, { part: 1, most: 1000 }, HEAD, RANDOM)).toThrow(
    'of 200 training samples 200 are held out for validation, which leaves none to train on. ' +
      'Lower `validation.part` or `validation.samples`.',
  );
});

test('a regression is split at random', () => {
  const head: Head = { kind: 'regression', count: 1, tolerance: 1 };
  const values = sourceWith(Array.from({ length: 100 }, (_, i) => i / 7));
  expect(splitValidation(values, { part: 0.25, most: 1000 }, head, RANDOM).validation!.indices).toHaveLength(25);
});
