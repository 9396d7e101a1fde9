import { row, rowsOf, type Tensor } from '#base/tensor';
import { randomStreams, rng } from '#stats/random';
import { functionGame, multiLayer } from '../../../test/coalition-games.js';
import { scoreFunction } from '../../../test/score-function.js';
import { ablation } from '../methods/coalitions/ablation.js';
import { integratedGradients } from '../methods/integrated-gradients.js';
import { infidelity, sensitivityN } from './infidelity.js';
import { absences, noise, subsets } from './perturbations.js';

const random = randomStreams(7, 'infidelity');
const scoresBy = (score: (x: Float32Array) => number) => (inputs: Tensor) =>
  Promise.resolve(Float64Array.from({ length: rowsOf(inputs) }, (_, i) => score(row(inputs, i))));
const sampleOf = (...values: readonly number[]): Tensor => ({
  shape: [1, values.length],
  data: Float32Array.from(values),
});

/** BasicModel_MultiLayer, score 0, and its slope, which is the same for each value. */
const network = scoreFunction(multiLayer, (x) => {
  const sum = x.reduce((a, b) => a + b, 0);
  return [...x].map(() => (sum > 10 ? 4 : 3));
});

describe("values of captum's tests", () => {
  // Scores times 8, of inputs that are added to themselves; (1, 2, 3) has the kink on its way, where 50 nodes err by 0.327.
  test.each([
    [[1, 2, 3], 0.10686],
    [[4, 5, 6], 0],
    [[7, 8, 9], 0],
    [[10, 11, 12], 0],
  ])('integrated gradients of %j from ones', async (values, wanted) => {
    const eightfold = scoreFunction(
      (x) => 8 * multiLayer(x.map((value, i) => value + (values[i] ?? NaN))),
      (x) => values.map(() => (x.reduce((sum, value, i) => sum + value + (values[i] ?? NaN), 0) > 10 ? 32 : 24)),
    );
    const ones = Float32Array.of(1, 1, 1);
    const { map, residual } = await integratedGradients(eightfold, sampleOf(...values), ones, 0, 50);
    const scores = scoresBy((x) => 8 * multiLayer(x.map((value, i) => value + (values[i] ?? NaN))));
    const found = await infidelity(scores, sampleOf(...values), map, absences(sampleOf(...values), ones, [[0, 1, 2]]));
    expect(Math.abs(found.infidelity - residual ** 2)).toBeLessThan(1e-9);
    expect(Math.abs(found.infidelity - wanted)).toBeLessThan(1e-5);
  });

  test.each([1, 2, 3])('sensitivity-%d of integrated gradients and of ablation is 0', async (n) => {
    const sample = sampleOf(1, 2.5, 3.3);
    const zeros = new Float32Array(3);
    const scores = scoresBy(multiLayer);
    const { map } = await integratedGradients(network, sample, zeros, 0, 32);
    for (const attributions of [map, await ablation(functionGame(multiLayer, [...sample.data]))]) {
      const found = await sensitivityN(scores, sample, zeros, attributions, { n, count: 10 }, random);
      expect(found.infidelity).toBeLessThan(1e-18);
      expect(Math.abs(found.beta - 1)).toBeLessThan(1e-9);
      expect(found.normalized).toBeLessThan(1e-18);
      // All three values together are one set, which cannot vary.
      if (n < 3) expect(found.correlation).toBeCloseTo(1, 9);
    }
  });
});

describe('a linear model', () => {
  const weights = [1, -2, 3, 0.5];
  const scores = scoresBy((x) => weights.reduce((sum, weight, i) => sum + weight * x[i]!, 0));
  const sample = sampleOf(1, 2, 3, 4);
  const around = noise(sample, 0.5, 200, random);

  test('its slopes have no infidelity, and twice as many are mended by beta', async () => {
    const exact = await infidelity(scores, sample, weights, around);
    expect(exact.infidelity).toBeLessThan(1e-24);
    const twice = await infidelity(
      scores,
      sample,
      weights.map((weight) => 2 * weight),
      around,
    );
    expect(twice.beta).toBeCloseTo(0.5, 12);
    expect(twice.normalized).toBeLessThan(1e-24);
    expect(twice.correlation).toBeCloseTo(1, 12);
    // (2 I w - I w)^2, whose mean is about 0.25 |w|^2.
    expect(twice.infidelity).toBeGreaterThan(2);
  });

  test('controls fail: slopes that are turned, constant or drawn, and none', async () => {
    const turned = await infidelity(
      scores,
      sample,
      weights.map((weight) => -weight),
      around,
    );
    expect(turned.beta).toBeCloseTo(-1, 12);
    expect(turned.correlation).toBeCloseTo(-1, 12);
    const none = await infidelity(scores, sample, [0, 0, 0, 0], around);
    expect([none.beta, none.correlation]).toEqual([0, NaN]);
    expect(none.normalized).toBe(none.infidelity);
    expect(turned.infidelity).toBeCloseTo(4 * none.infidelity, 9);
    const source = rng('drawn');
    for (const attributions of [[1, 1, 1, 1], weights.map(() => source.normal())]) {
      const found = await infidelity(scores, sample, attributions, around);
      // No scale of them explains half of what happens.
      expect(found.normalized).toBeGreaterThan(0.5 * none.infidelity);
    }
    const absent = { n: 2, count: 100 };
    const shuffled = await sensitivityN(scores, sample, [0, 0, 0, 0], [2, 1, -4, 9], absent, random);
    expect(shuffled.infidelity).toBeGreaterThan(10);
    expect(shuffled.correlation).toBeLessThan(0.5);
  });
});

test('the slopes of x_0 x_1 miss the product of what is taken away: sigma^4', async () => {
  const scores = scoresBy((x) => x[0]! * x[1]!);
  const around = noise(sampleOf(3, -2), 0.5, 4000, random);
  const found = await infidelity(scores, sampleOf(3, -2), [-2, 3], around);
  // The standard error of the mean is sqrt(8 / 4000) of it: four of these.
  expect(Math.abs(found.infidelity / 0.5 ** 4 - 1)).toBeLessThan(0.18);
});

describe('subsets', () => {
  test('are all there where they are few', () => {
    expect(subsets(4, 2, 6, random)).toEqual([
      [0, 1],
      [0, 2],
      [0, 3],
      [1, 2],
      [1, 3],
      [2, 3],
    ]);
    expect(subsets(784, 784, 1, random)).toHaveLength(1);
  });

  test('are drawn with equal chances where they are many', () => {
    const drawn = subsets(10, 3, 100, random);
    const many = subsets(1000, 3, 100, random);
    expect(drawn.every((each) => new Set(each).size === 3)).toBe(true);
    expect(many.every((each) => new Set(each).size === 3 && Math.max(...each) < 1000)).toBe(true);
    const counts = Array.from({ length: 10 }, (_, i) => drawn.flat().filter((at) => at === i).length);
    // Of 30 expected, binomial with a standard deviation of 4.6.
    expect(Math.min(...counts)).toBeGreaterThan(14);
    expect(Math.max(...counts)).toBeLessThan(46);
  });
});

test('batches change nothing', async () => {
  const width = 2 ** 15;
  const sizes: number[] = [];
  const sum = scoresBy((x) => x.reduce((total, value) => total + value, 0));
  const scores = (inputs: Tensor) => {
    sizes.push(rowsOf(inputs));
    return sum(inputs);
  };
  const sample: Tensor = { shape: [1, width], data: new Float32Array(width).fill(1) };
  const absent = Array.from({ length: 70 }, (_, i) => [i, i + 1]);
  const found = await infidelity(
    scores,
    sample,
    new Float64Array(width).fill(1),
    absences(sample, new Float32Array(width), absent),
  );
  expect(sizes).toEqual([1, 32, 32, 6]);
  expect([found.infidelity, found.beta]).toEqual([0, 1]);
});
