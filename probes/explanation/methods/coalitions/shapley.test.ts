import { rng } from '#stats/random';
import {
  functionGame,
  largestDifference,
  multiLayer,
  noiseGame,
  oneConvolution,
  productGame,
} from '../../../../test/coalition-games.js';
import { ablation } from './ablation.js';
import type { CoalitionGame } from './game.js';
import { kernelCoalitions } from './kernel-coalitions.js';
import { kernelRegression, kernelShap } from './kernel-shap.js';
import { permutationShapley } from './permutation-shapley.js';
import { exactShapley, type ShapleyEstimate } from './shapley.js';

const everyCoalition = (game: CoalitionGame): Promise<ShapleyEstimate> =>
  kernelShap(game, kernelRegression(kernelCoalitions(game.players, 2 ** game.players, true, rng('all'))));

const x = [20, 50, 30];
const third = 1 / 3;

describe.each([
  ['the definition', exactShapley],
  ['KernelSHAP of all coalitions', everyCoalition],
])('%s gives the closed forms of a network of one hidden layer', (_, method) => {
  test.each([
    ['a baseline of zeros', x, undefined, undefined, [76 + 2 * third, 196 + 2 * third, 116 + 2 * third]],
    ['two features together', x, undefined, [0, 0, 1], [275, 115]],
    ['a baseline of fours and two features together', x, [4, 4, 4], [0, 0, 1], [248, 104]],
    ['a baseline of its own for each', x, [10, 20, 10], undefined, [40, 120, 80]],
    ['a sample that is only just above the kink', [2, 10, 3], undefined, undefined, [7, 32.5, 10.5]],
  ])('%s', async (_name, sample, baseline, of, expected) => {
    const { values } = await method(functionGame(multiLayer, sample, baseline, of));
    expect(largestDifference(values, expected)).toBeLessThan(1e-9);
  });

  test('three inputs that are added up, with features across them', async () => {
    const sum = (parts: ArrayLike<number>) =>
      multiLayer([0, 1, 2].map((i) => parts[i]! + parts[3 + i]! + parts[6 + i]!));
    const first = functionGame(sum, [23, 100, 0, 20, 50, 30, 0, 100, 10], undefined, [1, 1, 1, 0, 1, 2, 0, 1, 2]);
    expect(
      largestDifference((await method(first)).values, [76 + 2 * third, 1088 + 2 * third, 156 + 2 * third]),
    ).toBeLessThan(1e-9);
    const second = functionGame(sum, [20, 50, 30, 0, 100, 0, 2, 10, 3], undefined, [0, 1, 0, 0, 1, 2, 0, 0, 0]);
    expect(largestDifference((await method(second)).values, [255, 595, 0])).toBeLessThan(1e-9);
  });

  test('of one feature it is the whole difference', async () => {
    const { values, standardErrors } = await method(functionGame(multiLayer, [20]));
    expect(largestDifference(values, [70])).toBeLessThan(1e-12);
    expect([...standardErrors]).toEqual([0]);
  });

  test('of a linear model it is (x - mean) w', async () => {
    const weights = [1, -2, 3, 0.5];
    const linear = (row: ArrayLike<number>) => weights.reduce((total, weight, i) => total + weight * row[i]!, 0);
    const { values } = await method(functionGame(linear, [1, 2, 3, 4], [0.5, -1, 2, 8]));
    expect(largestDifference(values, [0.5, -6, 3, -2])).toBeLessThan(1e-9);
  });
});

describe('axioms on a game without structure', () => {
  const game = noiseGame(9);

  test('values add up, and those of KernelSHAP over all coalitions are those of the definition', async () => {
    const exact = await exactShapley(game);
    const total = exact.values.reduce((sum, value) => sum + value, 0);
    expect(Math.abs(total - (exact.all - exact.none))).toBeLessThan(1e-12);
    expect(largestDifference((await everyCoalition(game)).values, exact.values)).toBeLessThan(1e-9);
  });

  test('a player who adds nothing gets nothing, and equal players get the same', async () => {
    const worth = (row: ArrayLike<number>) => Math.exp(row[0]! + row[1]!) * (1 + row[2]!);
    const { values } = await exactShapley(functionGame(worth, [1, 1, 2, 5]));
    expect(Math.abs(values[0]! - values[1]!)).toBeLessThan(1e-12);
    expect(values[3]).toBe(0);
  });
});

describe('orders of the players', () => {
  test('each with its reverse are exact for games of second order', async () => {
    const game = productGame(12, 0);
    const { values, standardErrors } = await permutationShapley(game, 2, rng('orders'));
    expect(largestDifference(values, game.shapley)).toBeLessThan(1e-12);
    expect(Math.max(...standardErrors)).toBeLessThan(1e-6);
  });

  test('add up to the worth of all, whatever they are', async () => {
    const { values, none, all } = await permutationShapley(noiseGame(9), 3, rng('few'));
    expect(Math.abs(values.reduce((sum, value) => sum + value, 0) - (all - none))).toBeLessThan(1e-12);
  });

  test('are off by as much as their standard errors say', async () => {
    const game = noiseGame(9);
    const exact = await exactShapley(game);
    let within = 0;
    for (let trial = 0; trial < 200; trial++) {
      const { values, standardErrors } = await permutationShapley(game, 40, rng(`trial ${trial}`));
      values.forEach((value, i) => {
        if (Math.abs(value - exact.values[i]!) <= 1.96 * standardErrors[i]!) within++;
      });
    }
    // 1,800 pairs of trial and player: 94 % expected with 40 pairs of orders, and a standard error below 0.6 %.
    expect(within / 1800).toBeGreaterThan(0.92);
    expect(within / 1800).toBeLessThan(0.98);
  });

  test('a single pair has no standard error', async () => {
    await expect(permutationShapley(noiseGame(3), 1, rng('one'))).rejects.toThrow('two are the least');
  });

  test('of one player', async () => {
    const { values } = await permutationShapley(functionGame(multiLayer, [20]), 2, rng('alone'));
    expect([...values]).toEqual([70]);
  });
});

describe('ablation', () => {
  test.each([
    ['each value', x, undefined, undefined, [80, 200, 120]],
    ['two values together', x, undefined, [0, 0, 1], [280, 120]],
    ['with a baseline of fours', x, [4, 4, 4], [0, 0, 1], [248, 104]],
    ['near the kink', [2, 10, 3], undefined, undefined, [8, 35, 12]],
    ['near the kink, two values together', [2, 10, 3], undefined, [0, 0, 1], [41, 12]],
    ['other two values together', x, undefined, [1, 1, 0], [120, 280]],
  ])('of %s', async (_, sample, baseline, of, expected) => {
    expect([...(await ablation(functionGame(multiLayer, sample, baseline, of)))]).toEqual(expected);
  });

  test('of a picture as a whole', async () => {
    // The windows add up to 45, 54, 81 and 90: 4 + 31 + 40 of the first channel, less 6 + 15 of the second.
    const picture = Array.from({ length: 16 }, (_, i) => i);
    const whole = functionGame(oneConvolution, picture, undefined, new Array<number>(16).fill(0));
    expect([...(await ablation(whole))]).toEqual([54]);
  });
});
