import { linearTarget } from '#target/linear';
import { rng } from '#stats/random';
import { bitDepth } from '../filters/bit-depth.js';
import { smoothing } from '../filters/smoothing.js';
import { squeezingScores, thresholdOf, viewsOf } from './detector.js';
import { gameAgainst } from './game.js';

const shape = [1, 3, 3] as const;
const head = { kind: 'classes', count: 3 } as const;
const source = rng('weights');
const weights = [0, 1, 2].map(() => Float64Array.from({ length: 9 }, () => 3 * source.normal()));
const bare = linearTarget(weights, [0, 0.1, -0.1], { head, shape });
const image = { shape, layout: 'NCHW', range: [0, 1] } as const;
const squeezers = [bitDepth(image, 1), smoothing(image, 3, 'mean')];
const squeezed = { bare, squeezers };
const inputs = { shape: [4, ...shape], data: Float32Array.from({ length: 36 }, () => source.uniform()) };

test('a score is the largest L1 distance between probabilities, and 0 where squeezing changes nothing', async () => {
  const views = await viewsOf(squeezed, inputs);
  const { scores, views: which } = squeezingScores(views, 4);
  scores.forEach((score, i) => {
    const distances = [1, 2].map((view) => {
      const [p, q] = [views.probabilities[0], views.probabilities[view]];
      return [0, 1, 2].reduce((sum, k) => sum + Math.abs((p?.[3 * i + k] ?? NaN) - (q?.[3 * i + k] ?? NaN)), 0);
    });
    expect(score).toBeCloseTo(Math.max(...distances), 12);
    expect(which[i]).toBe(1 + distances.indexOf(Math.max(...distances)));
  });
  const flat = { shape: [1, ...shape], data: new Float32Array(9).fill(1) };
  // The mean of nine ones is one to rounding of float32.
  expect(squeezingScores(await viewsOf(squeezed, flat), 1).scores[0]).toBeLessThan(1e-5);
});

test('no more than the stated share of clean scores is above the threshold', () => {
  const scores = Array.from({ length: 100 }, (_, i) => ((i * 37) % 100) / 100);
  expect(thresholdOf(scores, 0.05)).toBe(0.94);
  expect(thresholdOf(scores, 0.001)).toBe(0.99);
  expect(thresholdOf([0.3], 0.05)).toBe(0.3);
});

test('what the adversary climbs goes up along its gradient: agreement of all views on a wrong class', async () => {
  // The mean filter goes back by its own transpose, the first squeezer by nothing: of a model without it the slope is exact.
  const smooth = { bare, squeezers: squeezers.slice(1) };
  const surrogates = smooth.squeezers.flatMap((front) => front.surrogates[0] ?? []);
  const game = gameAgainst(smooth, 0.01, 0, { weight: 2, surrogates });
  const objective = async (data: Float32Array): Promise<number[]> => {
    const { probabilities } = await viewsOf(smooth, { shape: inputs.shape, data });
    const scores = squeezingScores({ inputs: [], scores: inputs, probabilities }, 4).scores;
    return [0, 1, 2, 3].map((i) => {
      const of = (k: number) => probabilities.reduce((sum, p) => sum + Math.log(p[3 * i + k] ?? NaN), 0);
      return Math.max(of(1), of(2)) - 2 * (scores[i] ?? NaN);
    });
  };
  const { gradient } = await game.gradient(inputs, { kind: 'margin', labels: new Float64Array(4).fill(1) });
  const step = 1e-3;
  for (let j = 0; j < 9; j++) {
    const moved = (by: number) => objective(inputs.data.map((value, i) => (i % 9 === j ? value + by : value)));
    const [up, down] = [await moved(step), await moved(-step)];
    // float32 scores of about 5 are off by 5e-7, over a difference of 2e-3; curvature adds as much.
    for (let i = 0; i < 4; i++) {
      const slope = ((up[i] ?? NaN) - (down[i] ?? NaN)) / (2 * step);
      expect(Math.abs(slope - (gradient.data[9 * i + j] ?? NaN))).toBeLessThan(5e-3);
    }
  }
});

test('the game is lost exactly where an input is wrong and not flagged', async () => {
  const views = await viewsOf(squeezed, inputs);
  const { scores } = squeezingScores(views, 4);
  const threshold = [...scores].sort((a, b) => a - b)[1] ?? NaN;
  for (const label of [0, 1, 2]) {
    const game = gameAgainst(squeezed, threshold, label, { weight: 1, surrogates: [] });
    const { data } = await game.predict(inputs);
    data.forEach((score, i) => {
      const own = [...views.scores.data.subarray(3 * i, 3 * i + 3)];
      const isRight = own.indexOf(Math.max(...own)) === label;
      expect(score > 0).toBe(isRight || (scores[i] ?? NaN) > threshold);
    });
  }
});
