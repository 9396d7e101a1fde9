import { rowRange, takeRows } from '#base/tensor';
import { takeLabels } from '#target/head';
import type { Samples } from '#target/target';
import { boxedLinear } from '../../test/boxed-linear.js';
import { runFmn, type FmnOptions } from './fmn.js';
import { projectionIn } from './fmn/projection.js';
import { nextRadius } from './fmn/radius.js';

const OPTIONS: FmnOptions = { norm: 'L2', epsilons: 1, steps: 300, stepSize: 1, gamma: 0.05 };
const SHAPES = [[8], [4, 6], [5, 7, 7]] as const;
const NORMS = ['Linf', 'L2', 'L1'] as const;

describe.each(SHAPES.map((shape) => [shape] as const))(
  'on a linear model over [0, 1], samples of shape %j',
  (shape) => {
    const problem = boxedLinear(shape, 16);

    // 300 steps end with a radius that moves by 0.1 % a step; L1 changes one value after the other, and lags a little more.
    test.each(NORMS)('%s changes are within 0.5 %% of the least legal one', async (norm) => {
      const { closest } = await runFmn(problem.target, problem.samples, { ...OPTIONS, norm });
      closest?.distances.forEach((distance, i) => {
        expect(distance).toBeLessThanOrEqual(1.005 * problem.distance(i, norm));
        expect(distance).toBeGreaterThanOrEqual((1 - 1e-6) * problem.distance(i, norm));
      });
    });

    // The gradient does not say how far a value may go, by which the least set is chosen: one or two values are lost.
    test('L0 changes at most two values more than the least number, and mostly no more', async () => {
      const { closest } = await runFmn(problem.target, problem.samples, { ...OPTIONS, norm: 'L0' });
      const excess = (closest?.distances ?? []).map((distance, i) => distance - problem.distance(i, 'L0'));
      expect(Math.min(...excess)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...excess)).toBeLessThanOrEqual(2);
      expect(excess.filter((more) => more === 0).length).toBeGreaterThanOrEqual(excess.length / 2);
    });

    test.each([1, 3, 8])('gives the same in batches of %i', async (size) => {
      const options: FmnOptions = { ...OPTIONS, norm: 'L1', steps: 20 };
      const whole = await runFmn(problem.target, problem.samples, options);
      for (let start = 0; start < 16; start += size) {
        const rows = Array.from({ length: Math.min(size, 16 - start) }, (_, i) => start + i);
        const part = await runFmn(problem.target, few(problem.samples, rows), options);
        expect(part.closest?.inputs.data).toEqual(
          whole.closest && rowRange(whole.closest.inputs, start, start + rows.length).data,
        );
      }
    });
  },
);

test('projections are those onto the ball alone', () => {
  const projected = (norm: 'Linf' | 'L2' | 'L1' | 'L0', values: number[], radius: number) => {
    const change = Float64Array.from(values);
    projectionIn(norm, change.length)(change, radius);
    return [...change];
  };
  expect(projected('Linf', [3, -0.5, -2], 1)).toEqual([1, -0.5, -1]);
  expect(projected('L2', [3, -4], 1)).toEqual([0.6000000000000001, -0.8]);
  expect(projected('L2', [0.3, -0.4], 1)).toEqual([0.3, -0.4]);
  expect(projected('L1', [3, -1, 0.25], 2)).toEqual([2, -0, 0]);
  expect(projected('L1', [2, -1.5, 0.25], 2)).toEqual([1.25, -0.75, 0]);
  expect(projected('L0', [1, -3, 2, 3], 2)).toEqual([0, -3, 0, 3]);
  expect(projected('L0', [1, -1, 1], 2.9)).toEqual([1, -1, 0]);
  expect(projected('L0', [1, -1, 1], 0)).toEqual([0, 0, 0]);
  expect(projected('L0', [1, -1, 1], 3)).toEqual([1, -1, 1]);
});

test('the radius follows the boundary, then shrinks and grows by gamma', () => {
  const at = { isWrong: false, size: 2, margin: 3, slope: 6, best: Infinity, gamma: 0.1, most: 100 };
  expect(nextRadius('L2', Infinity, at)).toBe(2.5);
  // Where iterates stay short of the boundary the estimate alone would stand still.
  expect(nextRadius('L2', 10, at)).toBe(11);
  expect(nextRadius('L2', 1, { ...at, best: 4 })).toBe(1.1);
  expect(nextRadius('L2', 10, { ...at, isWrong: true, best: 4 })).toBe(4);
  expect(nextRadius('L2', 2, { ...at, isWrong: true, best: 4 })).toBe(1.8);
  expect(nextRadius('L2', Infinity, { ...at, slope: 0 })).toBe(100);
  expect(nextRadius('L0', 1, at)).toBe(2);
  expect(nextRadius('L0', 50, at)).toBe(55);
  expect(nextRadius('L0', 50, { ...at, isWrong: true, best: 50 })).toBe(45);
  expect(nextRadius('L0', 1, { ...at, isWrong: true, best: 1 })).toBe(0);
});

test.each([
  [{ steps: 0 }, '`steps` is 0'],
  [{ stepSize: -1 }, '`stepSize` is -1'],
  [{ gamma: 1 }, '`gamma` is 1'],
  [{ epsilons: -1 }, '`epsilons` has -1'],
])('refuses %j', async (changes, what) => {
  const { target, samples } = boxedLinear([8], 2);
  await expect(runFmn(target, samples, { ...OPTIONS, ...changes })).rejects.toThrow(what);
});

function few({ inputs, labels, indices }: Samples, rows: readonly number[]): Samples {
  return {
    inputs: takeRows(inputs, rows),
    labels: takeLabels(labels, rows),
    indices: rows.map((i) => indices[i] ?? 0),
  };
}
