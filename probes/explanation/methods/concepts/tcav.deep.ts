import { randomStreams, rng } from '#stats/random';
import { openOnnxModel } from '../../../../src/engine/onnx/index.js';
import { specOf } from '../../../../test/linear-model.js';
import { conceptInputs, plantedConcept, WIDTH } from '../../../../test/planted-concept.js';
import { testConcept } from './concept-test.js';
import { spaceOf, testConcepts } from './tcav.js';

/**
 * Trials, each with a network, a pool and concepts of its own. The planted concept stands 3 deviations off, in 20 inputs; of
 * those that stand 2 off, 88 % were found.
 */
const TRIALS = 200;
const OPTIONS = { runs: 4, permutations: 199, penalty: 0.01 };

test('200 networks: planted concepts are found at p < .01, random ones rejected as often as the level says', async () => {
  let [found, rejected] = [0, 0];
  for (let k = 0; k < TRIALS; k++) {
    const source = rng(`trial ${k}`);
    const model = await openOnnxModel(plantedConcept(source), specOf('classes', [WIDTH]));
    const [planted, random] = await testConcepts(
      model,
      {
        concepts: [
          { name: 'planted', inputs: conceptInputs(20, source, 0, 3) },
          { name: 'random', inputs: conceptInputs(20, source) },
        ],
        pool: conceptInputs(100, source),
        examples: conceptInputs(20, source),
        score: 0,
        layer: 'encode',
      },
      OPTIONS,
      randomStreams(k),
    );
    await model.dispose();
    if (planted!.p < 0.01) found += 1;
    if (random!.p <= 0.05) rejected += 1;
  }
  console.log(`planted found: ${found} of ${TRIALS}; random rejected: ${rejected} of ${TRIALS}`);
  expect(found / TRIALS).toBeGreaterThanOrEqual(0.95);
  const error = Math.sqrt((0.05 * 0.95) / TRIALS);
  expect(rejected / TRIALS).toBeLessThanOrEqual(0.05 + 3 * error);
  // A test that never rejects would be no test.
  expect(rejected / TRIALS).toBeGreaterThanOrEqual(0.05 - 3 * error);
}, 900_000);

test('of 2,000 random concepts 5 % are rejected at .05, give or take three standard errors', () => {
  const [trials, rows] = [2000, 40];
  const places = Array.from({ length: rows }, (_, i) => i);
  const options = { runs: 2, permutations: 39, penalty: 0.01 };
  let rejected = 0;
  for (let k = 0; k < trials; k++) {
    const source = rng(`space ${k}`);
    const vectors = (n: number) =>
      Array.from({ length: n }, () => Float32Array.from({ length: WIDTH }, () => source.normal()));
    const found = testConcept(
      spaceOf(vectors(rows), vectors(1)),
      places.slice(0, 10),
      places.slice(10),
      options,
      randomStreams(k),
    );
    if (found.p <= 0.05) rejected += 1;
  }
  console.log(`random rejected: ${rejected} of ${trials}`);
  expect(Math.abs(rejected / trials - 0.05)).toBeLessThanOrEqual(3 * Math.sqrt((0.05 * 0.95) / trials));
}, 900_000);
