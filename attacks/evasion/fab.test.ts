import { row, takeRows } from '#base/tensor';
import { randomStreams } from '#stats/random';
import type { TableColumn } from '#target/domain';
import { labelsOf, takeLabels } from '#target/head';
import { linearTarget } from '#target/linear';
import type { Samples } from '#target/target';
import { linearProblem, sizeIn, type HeadName } from '#testing/linear-problem';
import { fab, runFab, type FabOptions } from './fab.js';
import { fabT } from './fab-t.js';
import { runFabT, type FabTOptions } from './run-fab-t.js';
import type { ConvexNorm } from './geometry/norms.js';
import { curveTarget, points } from '../../test/curve-target.js';
import { fashion } from '../../test/fashion.js';
import { conforms } from '../../test/conforms.js';
import { pgd40, standing } from '../../test/pgd-40.js';
import { isDeep } from '../../test/tier.js';

const NORMS: readonly ConvexNorm[] = ['Linf', 'L2', 'L1'];
const SHAPES = [[8], [4, 6], [5, 7, 7]] as const;
const streams = randomStreams(1, 'test');

function fabOptions(changes: Partial<FabOptions> = {}): FabOptions {
  return {
    ...{ norm: 'Linf', epsilons: 0.1, steps: 20, restarts: 1, alphaMax: 0.1, eta: 1.05, beta: 0.9 },
    ...changes,
  };
}

function fabTOptions(changes: Partial<FabTOptions> = {}): FabTOptions {
  return { ...fabOptions(), targetClasses: 9, ...changes };
}

conforms({
  norms: NORMS,
  exact: true,
  minimumNorm: true,
  configure: (norm, epsilons) => fab({ norm, epsilons, steps: 10 }),
});
conforms({
  norms: NORMS,
  exact: true,
  minimumNorm: true,
  configure: (norm, epsilons) => fabT({ norm, epsilons, steps: 10 }),
});

describe('the exact distance on linear models', () => {
  const heads: readonly HeadName[] = ['three classes', 'two classes', 'binary', 'multi-label', 'regression'];
  const cases = NORMS.flatMap((norm) => SHAPES.flatMap((shape) => heads.map((head) => [norm, shape, head] as const)));

  test.each(cases)('FAB in %s, shape %j, %s: within 1.05', async (norm, shape, head) => {
    const problem = linearProblem(shape, head);
    const { target, samples } = problem;
    const { closest } = await runFab(target, samples, fabOptions({ norm }), streams);
    closest!.distances.forEach((found, i) => {
      expect(found / problem.distance(i, norm)).toBeGreaterThan(1 - 1e-5);
      expect(found / problem.distance(i, norm)).toBeLessThan(1.05);
    });
  });

  test.each(NORMS.flatMap((norm) => SHAPES.map((shape) => [norm, shape] as const)))(
    'FAB-T in %s, shape %j: within 1.05',
    async (norm, shape) => {
      const problem = linearProblem(shape, 'three classes');
      const { target, samples } = problem;
      const { closest } = await runFabT(target, samples, fabTOptions({ norm }), streams);
      closest!.distances.forEach((found, i) => {
        expect(found / problem.distance(i, norm)).toBeGreaterThan(1 - 1e-5);
        expect(found / problem.distance(i, norm)).toBeLessThan(1.05);
      });
    },
  );

  test.each(NORMS)('the domain counts in %s: values at its border cannot help', async (norm) => {
    // The first value would help most and is at its end; of the other two, 0.3 is needed in all.
    const target = linearTarget([[8, 1, 1]], [-0.7], { head: { kind: 'binary' }, shape: [3] });
    const inputs = { shape: [1, 3], data: Float32Array.from([0, 0.5, 0.5]) };
    const samples: Samples = { inputs, labels: labelsOf([1]), indices: [0] };
    const exact = { Linf: 0.15, L2: 0.3 / Math.SQRT2, L1: 0.3 }[norm];
    const { closest } = await runFab(target, samples, fabOptions({ norm, epsilons: 0.4 }), streams);
    expect(closest!.distances[0]! / exact).toBeGreaterThan(1 - 1e-6);
    expect(closest!.distances[0]! / exact).toBeLessThan(1.01);
  });
});

describe('against the definition', () => {
  test.each([
    [0.1, 1.05, 0.9],
    [0.5, 1.2, 0.6],
    // Here alpha_max decides.
    [0.02, 1.05, 0.8],
  ])('alpha_max %p, eta %p, beta %p: the iterates of one value by hand', async (alphaMax, eta, beta) => {
    const target = curveTarget({ score: (x) => x - 0.5, slope: () => 1 });
    const options = fabOptions({ steps: 4, alphaMax, eta, beta, epsilons: 1 });
    await runFab(target, points([0.9]), options, streams);
    // In one dimension both projections end on the boundary at 0.5.
    let x = 0.9;
    const expected: number[] = [0.9];
    for (let step = 0; step < 4; step++) {
      expected.push(x);
      const [first, second] = [Math.abs(x - 0.5), 0.4];
      const alpha = Math.min(Math.max(first, 1e-8) / (Math.max(first, 1e-8) + second), alphaMax);
      x = (x + eta * (0.5 - x)) * (1 - alpha) + (0.9 + eta * (0.5 - 0.9)) * alpha;
      expected.push(x);
      if (x <= 0.5) x = 0.9 + beta * (x - 0.9);
    }
    expect(target.seen.map(({ kind }) => kind)).toEqual([
      'prediction',
      ...Array.from({ length: 4 }, () => ['gradient', 'prediction']).flat(),
    ]);
    // Rounding of float32 at values below one, once a step.
    target.seen.forEach(({ x: seen }, i) => expect(Math.abs(seen - expected[i]!)).toBeLessThan(5e-7));
  });

  test('each step of FAB asks for all scores, and one of FAB-T for one gradient', async () => {
    const { target, samples } = linearProblem([8], 'three classes');
    const n = samples.indices.length;
    await runFab(target, samples, fabOptions({ steps: 5, restarts: 2 }), streams);
    expect(target.queries).toEqual({ predictions: n + 2 * 5 * n, gradients: 2 * 5 * n * 3 });
    const other = linearProblem([8], 'three classes');
    await runFabT(other.target, samples, fabTOptions({ steps: 5 }), streams);
    expect(other.target.queries).toEqual({ predictions: n + 2 * 5 * n, gradients: 2 * 5 * n });
  });

  test('queries of the samples add up to those of the target', async () => {
    const { target, samples } = linearProblem([8], 'three classes');
    const results = [
      await runFab(target, samples, fabOptions({ epsilons: [0, 0.1, 1] }), streams),
      await runFabT(target, samples, fabTOptions({ epsilons: [0.1, 1], restarts: 2 }), streams),
    ];
    const outcomes = results.flatMap(({ epsilons }) => epsilons.flatMap((each) => each.outcomes));
    const sum = (of: 'queries' | 'gradientQueries') => outcomes.reduce((total, each) => total + each[of], 0);
    const clean = 2 * samples.indices.length;
    expect({ predictions: sum('queries') + clean, gradients: sum('gradientQueries') }).toEqual(target.queries);
  });

  test('FAB-T goes to the classes of the highest clean logits, one after the other', async () => {
    // One value and four classes: the second best class is never the nearest.
    const weights = [[0], [0.1], [4], [1]];
    const target = linearTarget(weights, [1, 0.9, -1, 0.2], { head: { kind: 'classes', count: 4 }, shape: [1] });
    const asked: number[][] = [];
    const listening = Object.assign(Object.create(target) as typeof target, {
      gradient: (...given: Parameters<typeof target.gradient>) => {
        const [, loss] = given;
        if ('targets' in loss) asked.push([...loss.targets]);
        return target.gradient(...given);
      },
    });
    const inputs = { shape: [1, 1], data: Float32Array.from([0]) };
    const samples: Samples = { inputs, labels: labelsOf([0]), indices: [0] };
    const { closest } = await runFabT(listening, samples, fabTOptions({ steps: 3, targetClasses: 3 }), streams);
    expect(asked.flat()).toEqual([1, 1, 1, 3, 3, 3, 2, 2, 2]);
    // z_2 = z_0 at 0.5, z_3 = z_0 at 0.8, z_1 = z_0 at 1.
    expect(closest!.distances[0]).toBeGreaterThanOrEqual(0.5);
    expect(closest!.distances[0]).toBeLessThan(0.525);
  });

  test('many classes are asked for in several graphs, and the nearest of all is found', async () => {
    const weights = Array.from({ length: 40 }, (_, k) => [k === 0 ? 0 : 1 + ((k * 17) % 39) / 40]);
    const head = { kind: 'classes', count: 40 } as const;
    const target = linearTarget(weights, [0.5, ...Array.from({ length: 39 }, () => 0)], { head, shape: [1] });
    const samples: Samples = {
      inputs: { shape: [1, 1], data: Float32Array.from([0]) },
      ...{ labels: labelsOf([0]), indices: [0] },
    };
    const { closest } = await runFab(target, samples, fabOptions({ steps: 1 }), streams);
    const exact = 0.5 / Math.max(...weights.flat());
    expect(Math.abs(closest!.distances[0]! - 1.05 * exact)).toBeLessThan(1e-6);
    // 39 differences, and the label with each of three rounds.
    expect(target.queries.gradients).toBe(42);
  });
});

describe('what counts', () => {
  test('a sample that is wrong when clean is never attacked', async () => {
    const target = curveTarget({ score: (x) => x - 0.5, slope: () => 1 });
    const { closest } = await runFab(target, points([0.2, 0.9]), fabOptions({ epsilons: 1 }), streams);
    expect(closest!.distances[0]).toBe(0);
    expect(target.seen.filter(({ kind, x }) => kind === 'gradient' && x < 0.44)).toEqual([]);
  });

  test('the closest of all iterates is kept, not the last', async () => {
    const { target, samples } = linearProblem([8], 'three classes');
    const distances = async (steps: number) =>
      (await runFab(target, samples, fabOptions({ steps }), streams)).closest!.distances;
    const [first, second, many] = [await distances(1), await distances(2), await distances(30)];
    // The second step comes very close on a linear model, and most of the later ones less so.
    expect(second.every((distance, i) => distance < first[i]!)).toBe(true);
    expect(many.every((distance, i) => distance <= second[i]!)).toBe(true);
  });

  test('gradients of 1e-12 lead as well as others do', async () => {
    const slope = 1e-12;
    const target = curveTarget({ score: (x) => slope * (x - 0.5), slope: () => slope });
    for (const norm of NORMS) {
      const { closest } = await runFab(target, points([0.9]), fabOptions({ norm, epsilons: 1 }), streams);
      expect(closest!.distances[0]! / 0.4).toBeLessThan(1.01);
    }
  });

  test.each([0, NaN, Infinity])('a gradient of %p leads nowhere: one step, flagged', async (slope) => {
    const target = curveTarget({ score: () => 1, slope: () => slope });
    const { epsilons } = await runFab(target, points([0.5]), fabOptions(), streams);
    expect(epsilons[0]!.outcomes[0]).toMatchObject({
      ...{ fate: 'survived', gradientQueries: 1, queries: 0 },
      flags: { zeroGradientAtStart: true },
    });
  });

  test('what nobody can change stays', async () => {
    const target = linearTarget([[8, 1]], [-0.7], { head: { kind: 'binary' }, shape: [2] });
    const columns: readonly TableColumn[] = [0, 1].map((position) => ({
      ...{ kind: 'numeric', name: `column ${position}`, position, immutable: position === 0 },
      ...{ range: [0, 1], grid: null, categories: null, units: { offset: 0, factor: 1 } },
    }));
    const held = Object.assign(Object.create(target) as typeof target, { domain: { ...target.domain, columns } });
    const samples: Samples = {
      inputs: { shape: [1, 2], data: Float32Array.from([0.05, 0.5]) },
      ...{ labels: labelsOf([1]), indices: [0] },
    };
    for (const norm of NORMS) {
      const { closest } = await runFab(held, samples, fabOptions({ norm, epsilons: 1 }), streams);
      expect(closest!.inputs.data[0]).toBe(samples.inputs.data[0]);
      expect(closest!.distances[0]! / 0.2).toBeLessThan(1.01);
    }
  });
});

describe('restarts', () => {
  test('later walks begin elsewhere, at half of the radius at most', async () => {
    const target = curveTarget({ score: () => 1, slope: () => -0.001 });
    await runFab(target, points([0.5]), fabOptions({ steps: 1, restarts: 30, epsilons: [0.05, 0.2] }), streams);
    const starts = target.seen.filter(({ kind }) => kind === 'gradient').map(({ x }) => x);
    expect(starts[0]).toBe(0.5);
    // In one dimension a direction of unit length is 1 or -1.
    expect(new Set(starts.slice(1).map((x) => x.toFixed(5)))).toEqual(new Set(['0.40000', '0.60000']));
  });

  test('and at half of the distance that was found, where that is less', async () => {
    const target = curveTarget({ score: (x) => x - 0.46, slope: () => 1 });
    await runFab(target, points([0.5]), fabOptions({ steps: 1, restarts: 30, epsilons: 0.2 }), streams);
    const starts = target.seen.filter(({ kind }) => kind === 'gradient').map(({ x }) => x);
    // The first walk finds 1.05 * 0.04.
    expect(Math.max(...starts.map((x) => Math.abs(x - 0.5)))).toBeLessThan(0.021 + 1e-6);
  });
});

describe('a sample that is broken within `stopAt` is done', () => {
  test.each(NORMS)('in %s the same samples fall, for less', async (norm) => {
    const problem = linearProblem([8], 'three classes');
    const ordered = problem.samples.indices.map((i) => problem.distance(i, norm)).sort((a, b) => a - b);
    // A radius that no distance is near.
    const ratios = ordered.slice(8, 16).map((distance, k) => ordered[k + 9]! / distance);
    const fallen = 9 + ratios.indexOf(Math.max(...ratios));
    const epsilon = Math.sqrt(ordered[fallen - 1]! * ordered[fallen]!);
    const broken = async (stopAt: number) => {
      const before = problem.target.queries.gradients;
      const options = { ...fabTOptions({ norm, epsilons: epsilon }), stopAt };
      const { epsilons } = await runFabT(problem.target, problem.samples, options, streams);
      const { outcomes } = epsilons[0]!;
      return { fates: outcomes.map(({ fate }) => fate), gradients: problem.target.queries.gradients - before };
    };
    const [whole, early] = [await broken(0), await broken(epsilon)];
    expect(early.fates).toEqual(whole.fates);
    expect(early.fates.filter((fate) => fate === 'broken').length).toBe(fallen);
    // What falls does so after one or two of 40 steps.
    expect(early.gradients).toBeLessThan((1.1 - fallen / 24) * whole.gradients);
  });
});

test.each([1, 3, 8])('the same bytes in batches of %p, with restarts', async (size) => {
  const { target, samples } = linearProblem([4, 6], 'three classes');
  for (const norm of NORMS) {
    const options = fabTOptions({ norm, epsilons: 0.3, steps: 6, restarts: 2 });
    const whole = await runFabT(target, samples, options, streams);
    const untargeted = await runFab(target, samples, options, streams);
    for (let start = 0; start < samples.indices.length; start += size) {
      const rows = samples.indices.flatMap((_, i) => (i >= start && i < start + size ? [i] : []));
      const part = {
        inputs: takeRows(samples.inputs, rows),
        ...{ labels: takeLabels(samples.labels, rows), indices: rows },
      };
      const [alone, alone2] = [
        await runFabT(target, part, options, streams),
        await runFab(target, part, options, streams),
      ];
      rows.forEach((i, k) => {
        expect(row(alone.closest!.inputs, k)).toEqual(row(whole.closest!.inputs, i));
        expect(row(alone2.closest!.inputs, k)).toEqual(row(untargeted.closest!.inputs, i));
        expect(sizeIn(norm, row(samples.inputs, i), row(alone.closest!.inputs, k))).toBeCloseTo(
          whole.closest!.distances[i]!,
          12,
        );
      });
    }
  }
});

if (isDeep) {
  test('FAB and FAB-T find on a trained network what PGD-40 finds', async () => {
    const trained = await fashion('fashion-cnn', 24);
    const { target, samples } = trained;
    const epsilon = 0.02;
    const pgd = await pgd40(trained, epsilon);
    const options = { epsilons: epsilon, steps: 20 };
    const found = [
      await runFab(target, samples, fabOptions(options), streams),
      await runFabT(target, samples, fabTOptions({ ...options, targetClasses: 4 }), streams),
    ];
    expect(standing(pgd)).toBeGreaterThan(1);
    expect(standing(pgd)).toBeLessThan(20);
    // One image in 24: a sample whose distance is within a hundredth of epsilon may be found by one of them alone.
    for (const each of found) expect(standing(each)).toBeLessThanOrEqual(standing(pgd) + 1);
    await target.dispose();
  });
}

describe('refuses', () => {
  const { target, samples } = linearProblem([8], 'binary');

  test.each([
    [{ steps: 0 }, '`steps` is 0'],
    [{ restarts: 1.5 }, '`restarts` is 1.5'],
    [{ alphaMax: 1.1 }, '`alphaMax` is 1.1'],
    [{ eta: 0.99 }, '`eta` is 0.99'],
    [{ beta: 1 }, '`beta` is 1'],
    [{ epsilons: [] }, '`epsilons` is empty'],
  ])('%j', async (changes, what) => {
    const options = fabOptions(changes);
    await expect(runFab(target, samples, options, streams)).rejects.toMatchObject({ name: 'AssayError', what });
    expect(() => fab.plugin.checkOptions?.(options)).toThrow(what);
  });

  test('FAB-T without classes', async () => {
    const what = 'targeted FAB needs classes to aim at';
    await expect(runFabT(target, samples, fabTOptions(), streams)).rejects.toMatchObject({ code: 'usage', what });
    expect(fabT.plugin.appliesTo?.(target, fabTOptions())).toBe(what);
  });
});
