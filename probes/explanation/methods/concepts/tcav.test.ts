import { randomStreams, rng } from '#stats/random';
import { openOnnxModel } from '../../../../src/engine/onnx/index.js';
import { specOf } from '../../../../test/linear-model.js';
import { conceptInputs, plantedConcept, WIDTH } from '../../../../test/planted-concept.js';
import { spaceOf, testConcepts, type ConceptQuestion } from './tcav.js';
import { testConcept } from './concept-test.js';

const OPTIONS = { runs: 4, permutations: 199, penalty: 0.01 };

const source = rng('concepts');
const question: ConceptQuestion = {
  concepts: [
    { name: 'used', inputs: conceptInputs(20, source, 0, 3) },
    { name: 'seen, but not used', inputs: conceptInputs(20, source, WIDTH - 1, 3) },
    { name: 'nothing', inputs: conceptInputs(20, source) },
  ],
  pool: conceptInputs(120, source),
  examples: conceptInputs(40, source),
  score: 0,
  layer: 'encode',
};

async function opened() {
  return openOnnxModel(plantedConcept(rng('planted')), specOf('classes', [WIDTH]));
}

test('a planted concept is found, one that the model sees and does not use is not, and neither is a random one', async () => {
  const model = await opened();
  const [used, unused, nothing] = await testConcepts(model, question, OPTIONS, randomStreams(7));
  await model.dispose();
  expect(used!.adjusted).toBeLessThan(0.02);
  expect(used!.p).toBeLessThan(0.01);
  expect(used!.score).toBeGreaterThan(0.8);
  expect(used!.sensitivity).toBeGreaterThan(0);
  expect(used!.accuracy).toBeGreaterThan(0.75);
  expect(unused!.accuracy).toBeGreaterThan(0.75);
  expect(unused!.p).toBeGreaterThan(0.05);
  expect(nothing!.p).toBeGreaterThan(0.05);
  // 48 rows that were left out: .5 within four standard errors.
  expect(Math.abs(nothing!.accuracy - 0.5)).toBeLessThan(0.3);
});

test('at a layer behind, where the unused value never arrives, its rows cannot be told from others', async () => {
  const model = await opened();
  const [, unused] = await testConcepts(model, { ...question, layer: 'mix' }, OPTIONS, randomStreams(7));
  await model.dispose();
  expect(unused!.accuracy).toBeLessThan(0.75);
  expect(unused!.p).toBeGreaterThan(0.05);
});

test('same seed, same numbers; and the order of concepts does not matter', async () => {
  const model = await opened();
  const options = { ...OPTIONS, permutations: 19 };
  const [first] = await testConcepts(model, question, options, randomStreams(7));
  const again = await testConcepts(
    model,
    { ...question, concepts: [...question.concepts].reverse() },
    options,
    randomStreams(7),
  );
  await model.dispose();
  const { adjusted: _, ...found } = first!;
  const { adjusted: __, ...other } = again[2]!;
  expect(other.p).toBe(found.p);
  // Rows are summed in another order.
  expect(Math.abs(other.sensitivity - found.sensitivity)).toBeLessThan(1e-9 * Math.abs(found.sensitivity));
});

test('the derivative along the concept is that of the plane between two points', () => {
  // Two points on a line: the normal is their difference, (3, 4) / 5, and the gradient (2, 1) has 2 along it.
  const rows = [
    [0, 0],
    [3, 4],
    [3, 4],
    [0, 0],
  ].map((row) => Float32Array.from(row));
  const space = spaceOf(rows, [Float32Array.of(2, 1), Float32Array.of(-2, 1)]);
  const found = testConcept(space, [1, 2], [0, 3], { runs: 1, permutations: 9, penalty: 0.1 }, randomStreams(7));
  expect(Math.abs(found.sensitivity - (2 + -0.4) / 2)).toBeLessThan(1e-9);
  expect(found.score).toBe(0.5);
});

test('of fresh random concepts at most 5 % and three standard errors are rejected at .05', () => {
  const trials = 60;
  const random = rng('random concepts');
  const vectors = (n: number) =>
    Array.from({ length: n }, () => Float32Array.from({ length: WIDTH }, () => random.normal()));
  let rejected = 0;
  for (let k = 0; k < trials; k++) {
    const space = spaceOf(vectors(40), [Float32Array.from({ length: WIDTH }, (_, j) => j + 1)]);
    const places = Array.from({ length: 40 }, (_, i) => i);
    const options = { runs: 2, permutations: 39, penalty: 0.01 };
    if (testConcept(space, places.slice(0, 10), places.slice(10), options, randomStreams(k)).p <= 0.05) rejected += 1;
  }
  expect(rejected / trials).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / trials));
});

test.each([
  [1, 50, 'the concept `few` has 1 inputs, and two are the least'],
  [30, 20, 'the concept `few` has 30 inputs, and there are only 20 random ones to tell it from'],
])('%d inputs of a concept and %d others', async (rows, pool, message) => {
  const asked = testConcepts(
    { atLayer: () => Promise.reject(new Error('never asked')) },
    {
      ...question,
      concepts: [{ name: 'few', inputs: conceptInputs(rows, source) }],
      pool: conceptInputs(pool, source),
    },
    OPTIONS,
    randomStreams(7),
  );
  await expect(asked).rejects.toThrow(message);
});
