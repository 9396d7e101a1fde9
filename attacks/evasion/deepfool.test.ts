import { row, takeRows } from '#base/tensor';
import { labelsOf, takeLabels } from '#target/head';
import { linearTarget } from '#target/linear';
import type { Samples } from '#target/target';
import { linearProblem, type HeadName } from '#testing/linear-problem';
import { deepfool, runDeepFool, type DeepFoolOptions } from './deepfool.js';
import { curveTarget, points } from '../../test/curve-target.js';
import { fashion } from '../../test/fashion.js';
import { conforms } from '../../test/conforms.js';
import { pgd40, standing } from '../../test/pgd-40.js';
import { isDeep } from '../../test/tier.js';

const NORMS = ['L2', 'Linf'] as const;
const SHAPES = [[8], [4, 6], [5, 7, 7]] as const;
const HEADS: readonly HeadName[] = ['three classes', 'two classes', 'binary', 'multi-label', 'regression'];

function optionsWith(changes: Partial<DeepFoolOptions> = {}): DeepFoolOptions {
  return { ...{ norm: 'L2', epsilons: 0.1, steps: 50, candidates: 10, overshoot: 0.02 }, ...changes };
}

conforms({
  norms: NORMS,
  exact: true,
  minimumNorm: true,
  configure: (norm, epsilons) => deepfool({ norm: norm === 'L1' ? 'L2' : norm, epsilons }),
});

test.each(NORMS.flatMap((norm) => SHAPES.flatMap((shape) => HEADS.map((head) => [norm, shape, head] as const))))(
  'in %s, shape %j, %s: the exact distance and the overshoot, in one step',
  async (norm, shape, head) => {
    const problem = linearProblem(shape, head);
    const { target, samples } = problem;
    const { closest, epsilons } = await runDeepFool(target, samples, optionsWith({ norm, epsilons: 100 }));
    closest!.distances.forEach((found, i) => {
      const share = found / problem.distance(i, norm);
      // What rounding away from the original adds, of values of about 1 and distances from 1e-3 up.
      expect(Math.abs(share - 1.02)).toBeLessThan(1e-3);
    });
    expect(epsilons[0]!.outcomes.every(({ queries }) => queries === 1)).toBe(true);
  },
);

test('the step does not depend on the width of the domain', async () => {
  const weights = [[1, 2]];
  const inputs = { shape: [1, 2], data: Float32Array.from([0.6, 0.7]) };
  const samples: Samples = { inputs, labels: labelsOf([1]), indices: [0] };
  const found = await Promise.all(
    (
      [
        [0, 1],
        [-1000, 1000],
      ] as const
    ).map(async (range) => {
      const target = linearTarget(weights, [-1], { head: { kind: 'binary' }, shape: [2], range });
      return (await runDeepFool(target, samples, optionsWith())).closest!.distances[0];
    }),
  );
  expect(found[0]).toBe(found[1]);
});

test('a distance below the rounding of float32 is found', async () => {
  // The nearest float32 below 0.75 is 6e-8 away, and the boundary much nearer.
  const target = curveTarget({ score: (x) => (x < 0.75 ? -1 : 1e-12), slope: () => 1 });
  const { closest } = await runDeepFool(target, points([0.75]), optionsWith());
  expect(closest!.distances[0]).toBeLessThan(1e-7);
});

test('the candidates are the classes with the highest clean logits, the true one included', async () => {
  // The third class has the nearest boundary and the lowest logit.
  const weights = [[0], [0.5], [9]];
  const head = { kind: 'classes', count: 3 } as const;
  const target = linearTarget(weights, [1, 0.8, -1], { head, shape: [1] });
  const inputs = { shape: [1, 1], data: Float32Array.from([0]) };
  const samples: Samples = { inputs, labels: labelsOf([0]), indices: [0] };
  const distance = async (candidates: number) =>
    (await runDeepFool(target, samples, optionsWith({ candidates }))).closest!.distances[0]!;
  expect(Math.abs((await distance(2)) - 1.02 * 0.4)).toBeLessThan(1e-6);
  expect(Math.abs((await distance(3)) - (1.02 * 2) / 9)).toBeLessThan(1e-6);
  expect(target.queries.gradients).toBe(2 + 3);
});

test('steps add up, each with the overshoot: by hand in one dimension', async () => {
  // Newton's method on a curve; x = x0 + (1 + overshoot) r.
  const curve = { score: (x: number) => x * x - 0.04, slope: (x: number) => 2 * x };
  const target = curveTarget(curve);
  await runDeepFool(target, points([0.9]), optionsWith({ overshoot: 0.01 }));
  let [r, x] = [0, 0.9];
  const expected = [x];
  while (curve.score(x) > 0) {
    r -= curve.score(x) / curve.slope(x);
    x = 0.9 + 1.01 * r;
    expected.push(x);
  }
  const seen = target.seen.filter(({ kind }) => kind === 'prediction').map((each) => each.x);
  expect(expected.length).toBeGreaterThan(3);
  expect(seen.length).toBe(expected.length);
  seen.forEach((own, i) => expect(Math.abs(own - expected[i]!)).toBeLessThan(1e-6));
});

test('a sample stops when it is wrong, or after all steps', async () => {
  const target = curveTarget({ score: () => 1, slope: () => 1 });
  const { epsilons } = await runDeepFool(target, points([0.5]), optionsWith({ steps: 7 }));
  expect(epsilons[0]!.outcomes[0]).toMatchObject({ fate: 'survived', queries: 7, gradientQueries: 7 });
});

test.each([1, 3, 8])('the same bytes in batches of %p', async (size) => {
  const { target, samples } = linearProblem([4, 6], 'three classes', 'tight');
  for (const norm of NORMS) {
    const whole = await runDeepFool(target, samples, optionsWith({ norm }));
    for (let start = 0; start < samples.indices.length; start += size) {
      const rows = samples.indices.flatMap((_, i) => (i >= start && i < start + size ? [i] : []));
      const part = { inputs: takeRows(samples.inputs, rows), labels: takeLabels(samples.labels, rows), indices: rows };
      const { closest } = await runDeepFool(target, part, optionsWith({ norm }));
      rows.forEach((i, k) => expect(row(closest!.inputs, k)).toEqual(row(whole.closest!.inputs, i)));
    }
  }
});

if (isDeep) {
  test('on a trained network it finds all but a few of what PGD-40 finds', async () => {
    const trained = await fashion('fashion-cnn', 32);
    const { target, samples } = trained;
    const epsilon = 0.02;
    const pgd = await pgd40(trained, epsilon);
    const found = await runDeepFool(target, samples, optionsWith({ norm: 'Linf', epsilons: epsilon }));
    expect(found.closest!.distances.every(Number.isFinite)).toBe(true);
    // It takes the first crossing for the closest: three images of 32 may be closer than it finds.
    expect(standing(found)).toBeLessThanOrEqual(standing(pgd) + 3);
    await target.dispose();
  });
}

describe('refuses', () => {
  const { target, samples } = linearProblem([8], 'binary');

  test.each([
    [{ steps: 0 }, '`steps` is 0'],
    [{ candidates: 1 }, '`candidates` is 1'],
    [{ overshoot: 0 }, '`overshoot` is 0'],
    [{ epsilons: -1 }, '`epsilons` has -1'],
  ])('%j', async (changes, what) => {
    const options = optionsWith(changes);
    await expect(runDeepFool(target, samples, options)).rejects.toMatchObject({ name: 'AssayError', what });
    expect(() => deepfool.plugin.checkOptions?.(options)).toThrow(what);
  });
});
