import { rng } from '#stats/random';
import { largestDifference, noiseGame, productGame } from '../../../../test/coalition-games.js';
import { coverageOf } from '../../../../test/coverage-of-errors.js';
import { kernelCoalitions } from './kernel-coalitions.js';
import { kernelRegression, kernelShap } from './kernel-shap.js';
import { exactShapley } from './shapley.js';

const chosen = (players: number, budget: number, paired: boolean, key = 'coalitions') =>
  kernelCoalitions(players, budget, paired, rng(key));

function sizes({ members, count, players }: ReturnType<typeof chosen>): number[] {
  return Array.from({ length: count }, (_, i) =>
    members.subarray(i * players, (i + 1) * players).reduce((sum, member) => sum + member, 0),
  );
}

describe('the coalitions of KernelSHAP', () => {
  test.each([2, 3, 4, 5, 8])('are all of them, each once, with the weights of its kernel: %d players', (players) => {
    const all = chosen(players, 2 ** players - 2, true);
    const keys = Array.from({ length: all.count }, (_, i) =>
      all.members.slice(i * players, (i + 1) * players).join(''),
    );
    expect(new Set(keys).size).toBe(2 ** players - 2);
    expect(all.firstDrawn).toBe(all.pairs);
    const kernel = (size: number) => (players - 1) / (choose(players, size) * size * (players - size));
    const total = sizes(all).reduce((sum, size) => sum + kernel(size), 0);
    sizes(all).forEach((size, i) => {
      // A pair has the weight of both.
      expect(all.weights[Math.floor(i / 2)]).toBeCloseTo((2 * kernel(size)) / total, 12);
    });
  });

  test.each([true, false])(
    'of small and large sizes are all there, and others are drawn by the kernel (paired: %s)',
    (paired) => {
      const some = chosen(12, 2048, paired);
      const counts = new Map<number, number>();
      for (const size of sizes(some)) counts.set(size, (counts.get(size) ?? 0) + 1);
      expect([1, 11, 2, 10, 3, 9].map((size) => counts.get(size))).toEqual([12, 12, 66, 66, 220, 220]);
      expect(some.count).toBe(2048);
      // Sizes 4, 5 and 6 have 2/32, 2/35 and 1/36 of the kernel's mass; 3.3 standard errors of 1,452 draws, or half as many pairs.
      const mass = [2 / 32, 2 / 35, 1 / 36];
      const drawn = [4, 5, 6].map(
        (size) => ((counts.get(size) ?? 0) + (size < 6 ? (counts.get(12 - size) ?? 0) : 0)) / 1452,
      );
      drawn.forEach((share, i) => {
        const expected = (mass[i] ?? NaN) / (2 / 32 + 2 / 35 + 1 / 36);
        const spread = Math.sqrt((expected * (1 - expected)) / (paired ? 726 : 1452));
        expect(Math.abs(share - expected)).toBeLessThan(3.3 * spread);
      });
      expect(some.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    },
  );

  test('of pairs are complements', () => {
    const { members, pairs, players } = chosen(9, 200, true);
    for (let pair = 0; pair < pairs; pair++) {
      for (let i = 0; i < players; i++) {
        const at = 2 * pair * players + i;
        expect(members[at]! + members[at + players]!).toBe(1);
      }
    }
  });

  test('are too few for a standard error', () => {
    expect(() => chosen(30, 119, true)).toThrow(
      'KernelSHAP of 30 features needs at least 120 coalitions, and 119 were given',
    );
  });
});

test('12 features of a game without structure: exact with all coalitions, and as near as it says with half of them', async () => {
  const game = noiseGame(12);
  const exact = await exactShapley(game);
  const whole = await kernelShap(game, kernelRegression(chosen(12, 4094, true)));
  expect(largestDifference(whole.values, exact.values)).toBeLessThan(1e-9);
  expect([...whole.standardErrors]).toEqual(new Array(12).fill(0));
  let within = 0;
  for (let trial = 0; trial < 20; trial++) {
    const part = await kernelShap(game, kernelRegression(chosen(12, 2048, true, `trial ${trial}`)));
    part.values.forEach((value, i) => {
      if (Math.abs(value - exact.values[i]!) <= 1.96 * part.standardErrors[i]!) within++;
    });
    expect(Math.abs(part.values.reduce((sum, value) => sum + value, 0) - (part.all - part.none))).toBeLessThan(1e-12);
  }
  // 240 pairs of trial and feature, of which 95 % +- 4.2 % (three standard errors) are expected.
  expect(within / 240).toBeGreaterThan(0.9);
  expect(within / 240).toBeLessThan(0.995);
});

test('with pairs of complements a game of second order is exact, and its standard errors are rounding', async () => {
  const game = productGame(30, 0);
  const { values, standardErrors } = await kernelShap(game, kernelRegression(chosen(30, 256, true)));
  expect(largestDifference(values, game.shapley)).toBeLessThan(1e-12);
  expect(Math.max(...standardErrors)).toBeLessThan(1e-12);
});

// The same with 200 trials, and within 92 to 98 %, is a deep test.
test.each([
  [0, false],
  [100, true],
])(
  '30 features with %d products of three (paired: %s): values are as near to the truth as their errors say',
  async (triples, paired) => {
    const { within, smallestError } = await coverageOf(productGame(30, triples), 256, paired, 12);
    expect(smallestError).toBeGreaterThan(0);
    // 360 pairs of trial and feature, of which those of a trial hang together.
    expect(within).toBeGreaterThan(0.9);
    expect(within).toBeLessThan(0.995);
  },
);

test('the same stream gives the same bytes', async () => {
  const game = noiseGame(10);
  const run = async () => kernelShap(game, kernelRegression(chosen(10, 300, true)));
  expect(await run()).toEqual(await run());
});

function choose(n: number, k: number): number {
  return k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k;
}
